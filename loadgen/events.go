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

// startCommands runs the commands of events from now on, in the steady phase, and tells the agents when they end. The
// agents end connections themselves.
func (r *sharedRepetition) startCommands(ctx context.Context) (stop func() error) {
	return inBackground(ctx, func(ctx context.Context) error {
		return eachEvent(ctx, r.job.cell.Events, r.timing.From, func(e cell.Event) error {
			if len(e.Run) == 0 {
				return nil
			}
			defer r.opts.Fleet.CommandEnded(ctx)
			return runCommand(ctx, e)
		})
	})
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
	run := runCommand
	if r.job.share.Of > 1 { // the coordinator runs it
		run = r.job.awaitCommand
	}
	return eachEvent(ctx, r.first().Cell.Events, r.first().From, func(e cell.Event) error {
		for _, g := range r.groups {
			g.BeginEvent(e)
		}
		if len(e.Run) == 0 {
			return nil
		}
		defer func() {
			for _, g := range r.groups {
				g.EndCommand()
			}
		}()
		return run(ctx, e)
	})
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

// awaitCommand waits until the command of an event has ended at the coordinator.
func (j *job) awaitCommand(ctx context.Context, _ cell.Event) error {
	select {
	case <-j.commands:
	case <-ctx.Done():
	}
	return nil
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
