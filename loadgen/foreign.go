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

// An ownExchange is what an exchange with such a server has more.
type ownExchange struct {
	handler proto.Handler
	loop    *eventloop.Loop // that drives its streams, or nil
	opened  int64           // when the stream was asked for; 0: there is none
	// sender is what the sender of a closed loop is doing: idle, busySending or halfClosed.
	sender atomic.Int32
	// How much had come when the stream before ended, and how many in a row brought nothing.
	progressed uint64
	barren     int
	*arrivals
	unstamped *arrivals // of messages without a stamp, or nil
	// longestWait is the longest time from a message to what was taken for its reply.
	longestWait atomic.Int64
}

// receivedBy notes what takes that which comes: it takes what a later stream brings too.
func (e *exchange) receivedBy(h proto.Handler, l *eventloop.Loop) {
	if e.own != nil {
		e.own.handler, e.own.loop, e.own.listening = h, l, clock.Now()
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
		if !j.own() || j.target != nil {
			continue
		}
		key := fmt.Sprintf("%p %s %s %s %d", j.scenario, j.point.Protocol, j.point.Pattern, j.point.Model, j.point.Size)
		if made[key] == nil {
			s, err := target.PrepareCustom(ctx, j.scenario, j.point)
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

// configureOwn fills in what a cell asks of a server of the user's own.
func configureOwn(c *result.Config, s *scenarios.Scenario, p scenarios.Cell) {
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

func (r *repetition) ownDriver() (driver.Driver, error) {
	s := r.job.target
	d, err := drivers.NewCustom(r.job.point.Protocol, driver.Target{Address: s.Address, TLS: s.TLS, Dial: r.dialer.dial, Endpoint: s.Endpoint})
	if err != nil {
		return nil, err
	}
	return s.Script.Over(d, r), nil
}
