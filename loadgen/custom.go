package loadgen

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// What is done for a server of the user's own beside what is done for ours: attempts to
// open a stream are repeated, streams that break are opened anew, and what is amiss is
// counted with an example.
// What the sender of a closed loop is doing. Only an idle sender's stream may be half-closed
// by another goroutine.
const (
	idle = iota
	busySending
	halfClosed
)

// An customExchange is what an exchange with such a server has more.
type customExchange struct {
	handler proto.Handler
	loop    *eventloop.Loop // that drives its streams, or nil
	opened  int64           // when the stream was asked for; 0: there is none
	// sender is what the sender of a closed loop is doing: idle, busySending or halfClosed.
	sender atomic.Int32
	// How much had come when the stream before ended, and how many in a row brought nothing.
	receivedBefore uint64
	emptyStreams   int
	*arrivals
	unstamped *arrivals // of messages without a stamp, or nil
	// longestWait is the longest time from a message to what was taken for its reply.
	longestWait atomic.Int64
}

// setHandler notes what takes that which comes: it takes what a later stream brings too.
func (e *exchange) setHandler(h proto.Handler, l *eventloop.Loop) {
	if e.custom != nil {
		e.custom.handler, e.custom.loop, e.custom.receiveStart = h, l, clock.Now()
	}
}

// An InvalidError says that a scenario cannot be run as it is, for what is in the files
// that it names or for what the server says of a method.
type InvalidError struct {
	Scenario string
	Err      error
}

// Error names the scenario.
func (e *InvalidError) Error() string { return fmt.Sprintf("scenario %s: %v", e.Scenario, e.Err) }

// Unwrap returns the cause.
func (e *InvalidError) Unwrap() error { return e.Err }

// prepare makes ready what the jobs need of scenarios for the user's own servers.
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

// configureCustom fills in what a cell asks of a server of the user's own.
func configureCustom(c *result.Config, s *scenarios.Scenario, p scenarios.Cell) {
	c.API = result.CustomAPI
	c.Insecure = p.TLS && s.Custom.TLS.Insecure
	c.Match = strings.TrimSpace(s.Custom.Match.By + " " + s.Custom.Match.Field)
	if p.Model == "server" || s.Custom.Match.By == "none" {
		c.Times = result.TimesGap
		if s.Custom.Stamp.Field != "" {
			c.Times = result.TimesOneWay
		}
	}
	if e := s.Custom.Endpoints[p.Protocol]; e != nil && p.Protocol == "websocket" && e.Deflate != "off" {
		c.Deflate = e.Deflate
	}
	if e := s.Custom.Endpoints[p.Protocol]; e != nil && e.Batch > 1 {
		c.Batch = e.Batch
	}
	if p.Model == "server" || len(s.Custom.Messages) > 0 {
		c.Size = 0 // which the messages say
	}
}

func (r *repetition) customDriver() (driver.Driver, error) {
	s := r.job.target
	d, err := drivers.NewCustom(r.job.cell.Protocol, driver.Target{Address: s.Address, TLS: s.TLS, Dial: r.dialer.dial, Endpoint: s.Endpoint})
	if err != nil {
		return nil, err
	}
	return s.Script.Wrap(d, r), nil
}
