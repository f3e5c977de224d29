package loadgen

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

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
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- r.happen(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

// happen runs the events.
func (r *repetition) happen(ctx context.Context) error {
	from := r.first().From
	for _, e := range r.first().Cell.Events {
		if !sleepUntil(ctx, from+int64(e.At)) {
			return nil
		}
		for _, g := range r.groups {
			g.BeginEvent(e)
		}
		if len(e.Run) == 0 {
			continue
		}
		err := runCommand(ctx, e)
		for _, g := range r.groups {
			g.EndCommand()
		}
		if err != nil {
			return err
		}
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
