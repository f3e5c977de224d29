package session

import (
	"context"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// startPacing makes m send the session's messages. If Send waits for a reply, m only wakes a
// goroutine that sends.
func (e *sender) startPacing(ctx context.Context, m *pace.Metronome) {
	e.g.sending.Add(1)
	if !e.stream().SendWaits {
		m.Add(e.g.Origin, e.g.plan(e.call()), e.task())
		return
	}
	w := make(waker, 1)
	m.Add(e.g.Origin, e.g.plan(e.call()), w)
	go func() {
		defer e.Done()
		e.sendAwaiting(ctx, w)
	}()
}

// task returns the task that sends the session's messages.
func (e *sender) task() pace.Task {
	if e.visit != nil {
		return visitor{e}
	}
	return e
}

func (e *sender) sendAwaiting(ctx context.Context, w waker) {
	plan, task := e.g.plan(e.call()), e.task()
	for {
		after, ok := plan.Next()
		if !ok {
			return
		}
		due := e.g.Origin + int64(after)
		e.blocked = clock.Now() >= due && due > e.g.Origin // it waited for the previous reply
		for clock.Now() < due {
			select {
			case <-w:
			case <-ctx.Done():
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
		if !task.Fire(due) || e.stoppedSending {
			e.blocked = e.g.cutoff.Load() // until the end of the drain
			return
		}
	}
}

// A waker is a pace.Task that wakes a goroutine. It never blocks: a goroutine that is behind
// finds the next message already due.
type waker chan struct{}

func (w waker) Fire(int64) bool {
	select {
	case w <- struct{}{}:
	default:
	}
	return true
}

func (w waker) Done() {}
