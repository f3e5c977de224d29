package loadgen

import (
	"context"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// pace has m send the exchange's messages. Where a Send waits for an answer, a
// goroutine sends and m only wakes it.
func (e *exchange) pace(ctx context.Context, m *pace.Metronome, sendWaits bool) {
	e.r.sending.Add(1)
	if !sendWaits {
		m.Add(e.r.origin, e.r.planOf(e.call), e)
		return
	}
	w := make(waker, 1)
	m.Add(e.r.origin, e.r.planOf(e.call), w)
	go func() {
		defer e.Done()
		e.sendAwaiting(ctx, w)
	}()
}

func (e *exchange) sendAwaiting(ctx context.Context, w waker) {
	plan := e.r.planOf(e.call)
	for {
		after, ok := plan.Next()
		if !ok {
			return
		}
		due := e.r.origin + int64(after)
		e.holds = clock.Now() >= due && due > e.r.origin // the answer to the message before was waited for
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
		if !e.Fire(due) || e.quit {
			e.holds = e.r.cutoff.Load() // to the end of the drain
			return
		}
	}
}

// A waker is a pace.Task that wakes a goroutine. It never waits: a goroutine
// that is behind finds its next message due already.
type waker chan struct{}

// Fire implements pace.Task.
func (w waker) Fire(int64) bool {
	select {
	case w <- struct{}{}:
	default:
	}
	return true
}

// Done implements pace.Task.
func (w waker) Done() {}
