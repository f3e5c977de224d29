package loadgen

import (
	"context"
	"time"

	"rtbench/proto"
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
			r.sweep()
			if r.steady {
				r.rep.Aborted = r.aborts(time.Duration(clock.Now() - r.from))
			}
			if r.rep.Aborted != "" {
				return
			}
		}
	}
}

func (r *repetition) report() {
	s := r.status
	s.Recorded = r.sink.Count()
	s.P50, s.P99 = r.sink.Live()
	now := clock.Now()
	if r.steady {
		s.Elapsed, s.Length = time.Duration(now-r.from), time.Duration(r.to-r.from)
	}
	if r.open() {
		const glance = int64(10 * time.Millisecond)
		at := min(max(now-r.origin, glance), int64(r.profile.Length()))
		s.HasPlan = true
		s.Planned = (r.profile.CountAt(at) - r.profile.CountAt(at-glance)) / (10 * time.Millisecond).Seconds()
		if r.job.pattern() == proto.Fanout {
			s.Planned *= float64(len(r.exchanges))
		}
	}
	r.lately(&s, now)
	r.opts.watch(s)
}

// lately fills in the rate since it was last asked, and what the last two samples say of
// the time between them.
func (r *repetition) lately(s *Status, now int64) {
	if since := time.Duration(now - r.asked.at); r.asked.at > 0 && since > 0 && !r.job.summarized() {
		s.Achieved = float64(s.Recorded-r.asked.recorded) / since.Seconds()
	}
	if r.steady { // no other phase records
		r.asked.at, r.asked.recorded = now, s.Recorded
	}
	s.Failed, s.Errors = r.failuresSoFar()
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.rep.Samples)
	if n < 2 {
		return
	}
	a, b := r.rep.Samples[n-2], r.rep.Samples[n-1]
	seconds := (b.At - a.At).Seconds()
	if seconds <= 0 {
		return
	}
	if r.job.summarized() {
		s.Achieved = float64(b.Recorded-a.Recorded) / seconds
	}
	s.ClientCores = (b.Client.CPU - a.Client.CPU).Seconds() / seconds
	if a.Server != nil && b.Server != nil {
		s.ServerCores = (b.Server.CPU - a.Server.CPU).Seconds() / seconds
		s.ServerKnown = true
	}
}
