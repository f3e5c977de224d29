package loadgen

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
)

// States of a closed loop's sender. Another goroutine may half-close the stream only if its
// sender is idle.
const (
	idle = iota
	busySending
	halfClosed
)

// customExchange is the part of an exchange that only custom targets have.
type customExchange struct {
	handler proto.Handler
	loop    *eventloop.Loop // drives its streams, or nil
	opened  int64           // start of the current stream's opening; 0: there is none
	// sender is idle, busySending or halfClosed.
	sender atomic.Int32
	// receivedBefore is the number of messages received before the current stream. emptyStreams
	// counts consecutive streams that delivered none.
	receivedBefore uint64
	emptyStreams   int
	*arrivals
	unstamped *arrivals // messages without a stamp, or nil
	// longestWait is the longest time from a message to its presumed reply.
	longestWait atomic.Int64
}

// setHandler keeps the handler and the loop for streams that replace this one.
func (e *exchange) setHandler(h proto.Handler, l *eventloop.Loop) {
	if e.custom != nil {
		e.custom.handler, e.custom.loop, e.custom.receiveStart = h, l, clock.Now()
	}
}

// An InvalidError reports a scenario that cannot run because of the files that it names or the
// gRPC method that it calls.
type InvalidError struct {
	Scenario string
	Err      error
}

func (e *InvalidError) Error() string { return fmt.Sprintf("scenario %s: %v", e.Scenario, e.Err) }

func (e *InvalidError) Unwrap() error { return e.Err }

// prepare compiles the custom targets of the jobs.
func prepare(ctx context.Context, jobs []job) error {
	made := map[string]*target.Custom{}
	for i := range jobs {
		j := &jobs[i]
		if !j.custom() || j.target != nil {
			continue
		}
		key := fmt.Sprintf("%p %s %s %s %d", j.scenario, j.cell.Protocol, j.cell.Pattern, j.cell.Model, j.cell.Size)
		if made[key] == nil {
			s, err := target.PrepareCustom(ctx, j.scenario, j.cell)
			if err == nil {
				err = errors.Join(s.CheckToken(ctx, j.scenario), target.CheckStats(ctx, j.scenario))
			}
			var unanswered *target.ReflectionError
			switch {
			case errors.As(err, &unanswered):
				return fmt.Errorf("scenario %s: %w", j.scenario.Name, err)
			case err != nil:
				return &InvalidError{j.scenario.Name, err}
			}
			made[key] = s
		}
		j.target = made[key]
	}
	return nil
}

func (r *repetition) customDriver() (driver.Driver, error) {
	s := r.job.target
	d, err := drivers.New(r.job.cell.Protocol, driver.Target{Address: s.Address, TLS: s.TLS, Dial: r.dialer.dial})
	if err != nil {
		return nil, err
	}
	return s.Script.Wrap(d, r), nil
}
