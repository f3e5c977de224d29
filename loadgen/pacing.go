package loadgen

import (
	"context"
	"runtime"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// startPacing makes m send the exchange's messages. If Send waits for a reply, m only wakes a
// goroutine that sends.
func (e *exchange) startPacing(ctx context.Context, m *pace.Metronome, sendWaits bool) {
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
		e.blocked = clock.Now() >= due && due > e.r.origin // it waited for the previous reply
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
		if !e.Fire(due) || e.stoppedSending {
			e.blocked = e.r.cutoff.Load() // until the end of the drain
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

func (r *repetition) startPacing(ctx context.Context, sendWaits bool) {
	if r.opts.onPacing != nil {
		r.opts.onPacing(r.metronomes)
	}
	ctx, r.stopSending = context.WithCancel(ctx)
	for i, e := range r.exchanges {
		if r.traffic.sends(i) {
			e.startPacing(ctx, r.metronomes[r.threadOf(i)], sendWaits)
		}
	}
}

func (r *repetition) startMetronomes() {
	// One thread can send more than 50,000 messages/s.
	cores := runtime.GOMAXPROCS(0)
	threads := min(1+int(r.profile.Peak()/50_000), max(1, cores/2))
	for range threads {
		r.messages = append(r.messages, r.job.newMessage())
		r.metronomes = append(r.metronomes, pace.NewMetronome(pace.Spin(cores, r.profile.Peak()/float64(threads))))
	}
}

// spun returns the time that the pacers have spun.
func (r *repetition) spun() (d time.Duration) {
	for _, m := range r.metronomes {
		d += m.Spun()
	}
	return d
}

// sendWaits reports whether Send waits for a reply.
func (r *repetition) sendWaits() bool {
	return r.exchanges[0].stream().SendWaits
}
