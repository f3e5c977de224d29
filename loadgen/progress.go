package loadgen

import (
	"context"
	"time"

	"rtbench/proto/clock"
)

// waitUntil returns at t, when ctx ends, or when no stream is left.
func (r *repetition) waitUntil(ctx context.Context, t int64) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	timer := time.NewTimer(time.Duration(t - clock.Now()))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		case <-r.allEnded:
			return
		case <-tick.C:
			r.report()
			r.breakStalledStreams()
			if r.steadyNow {
				r.rep.Aborted = r.abortReason(time.Duration(clock.Now() - r.from))
			}
			if r.rep.Aborted != "" {
				return
			}
		}
	}
}
