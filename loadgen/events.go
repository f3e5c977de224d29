package loadgen

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"rtbench/loadgen/relay"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// commandWait is the time that the output of a command may stay open after its end.
const commandWait = 100 * time.Millisecond

// maxSaid is the most characters of a command's output in an error.
const maxSaid = 200

// startEvents makes the events of the scenario happen from now on, in the steady phase. The returned function
// ends them, and returns the error of a command that failed.
func (r *repetition) startEvents(ctx context.Context) (stop func() error) {
	if err := r.announcePartitions(); err != nil {
		return func() error { return err }
	}
	return inBackground(ctx, r.happen)
}

// inBackground calls do. The returned function ends its ctx and returns its error.
func inBackground(ctx context.Context, do func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

// startServerEvents runs the commands of events and restarts the server from now on, in the steady phase, and tells the
// agents when that is done. The agents end connections themselves.
func (r *sharedRepetition) startServerEvents(ctx context.Context) (stop func() error) {
	return inBackground(ctx, func(ctx context.Context) error {
		seen := map[string]int{}
		return eachEvent(ctx, r.job.cell.Events, r.timing.From, func(e cell.Event) error {
			if !e.ByOthers() {
				return nil
			}
			r.begun++
			defer r.opts.Fleet.CommandEnded(ctx)
			restart, err := onServer(ctx, r.server, e)
			if restart != nil {
				r.restarts = append(r.restarts, restartOf{e.String(), seen[e.String()], restart})
			}
			seen[e.String()]++
			return err
		})
	})
}

// missedEvents returns an error if this process learned too late that the agents had begun, and did not begin all events
// that it runs.
func (r *sharedRepetition) missedEvents() error {
	planned := 0
	for _, e := range r.job.cell.Events {
		if e.ByOthers() {
			planned++
		}
	}
	if r.begun >= planned {
		return nil
	}
	return fmt.Errorf("the coordinator began %d of %s in time: it, or NATS, was too slow", r.begun, result.Plural(planned, "event"))
}

// A restartOf is that of the nth event of a name, counted from 0.
type restartOf struct {
	event string
	n     int
	*result.Restart
}

// announcePartitions tells the emulated network when nothing will pass.
func (r *repetition) announcePartitions() error {
	for _, e := range r.first().Cell.Events {
		if e.Partition == 0 {
			continue
		}
		from := r.first().From + int64(e.At)
		cut := relay.Cut{From: from, To: from + int64(e.Partition), Up: e.To != cell.ToClient, Down: e.To != cell.ToServer, Group: e.Group}
		if err := r.dialer.relay.Partition(cut); err != nil {
			return err
		}
	}
	return nil
}

// happen makes the events happen.
func (r *repetition) happen(ctx context.Context) error {
	return eachEvent(ctx, r.first().Cell.Events, r.first().From, func(e cell.Event) (err error) {
		for _, g := range r.groups {
			g.BeginEvent(e)
		}
		if !e.ByOthers() {
			return nil
		}
		var restart *result.Restart
		if r.job.share.Of > 1 { // the coordinator does it
			r.job.awaitCommand(ctx)
		} else {
			restart, err = onServer(ctx, r.server, e)
		}
		for _, g := range r.groups {
			g.EndEvent(restart)
		}
		return err
	})
}

// onServer runs the command of an event, or restarts the server. A restart is completed also when ctx ends.
func onServer(ctx context.Context, s *target.Server, e cell.Event) (*result.Restart, error) {
	if e.Restart == "" {
		return nil, runCommand(ctx, e)
	}
	did, err := s.Restart(context.WithoutCancel(ctx), e.Restart == cell.Kill)
	if err != nil {
		return nil, fmt.Errorf("event at %v: %v: %w", e.At, e, err)
	}
	return &result.Restart{Killed: did.Killed, Down: did.Down, Uncounted: did.Uncounted}, nil
}

// eachEvent calls do for each event when it is due in the steady phase, which begins at from, until ctx ends or do
// fails.
func eachEvent(ctx context.Context, list []cell.Event, from int64, do func(cell.Event) error) error {
	for _, e := range list {
		if !sleepUntil(ctx, from+int64(e.At)) {
			return nil
		}
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

// awaitCommand waits until the coordinator has run the command of an event, or restarted the server.
func (j *job) awaitCommand(ctx context.Context) {
	select {
	case <-j.commands:
	case <-ctx.Done():
	}
}

// runCommand runs the command of an event. It is no error if the end of ctx ends it.
func runCommand(ctx context.Context, e cell.Event) error {
	c := exec.CommandContext(ctx, e.Run[0], e.Run[1:]...)
	c.WaitDelay = commandWait
	said := new(target.Tail)
	c.Stdout, c.Stderr = said, said
	err := c.Run()
	if err == nil || ctx.Err() != nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	if text := said.String(); text != "" {
		err = fmt.Errorf("%w: %s", err, result.Shorten(result.Printable(text), maxSaid))
	}
	return fmt.Errorf("event at %v: %v: %w", e.At, e, err)
}
