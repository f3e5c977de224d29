package loadgen

import (
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/report/result"
)

// A Status says where a run is.
type Status struct {
	Run, Runs  int // which repetition of how many in all, from 1
	Cell       string
	Repetition int    // of the cell, from 1
	Side       string // base or head, of Interleave
	Phase      string
	Recorded   uint64
	P50, P99   time.Duration
	// Elapsed is how much of the steady phase, Length long, has gone; both are 0 in other
	// phases.
	Elapsed, Length time.Duration
	// Planned is the rate due now, in messages a second at the receivers. HasPlan is false in
	// a closed loop, which has none, and until it is known.
	Planned float64
	HasPlan bool
	// Achieved is the rate since the status before, and ClientCores and ServerCores how many
	// cores each side kept busy between the last two samples; 0 until there are two, a
	// second apart. ServerKnown says that the server tells.
	Achieved, ClientCores, ServerCores float64
	ServerKnown                        bool
	// Failed is how many messages of the steady phase are known to have failed, and Errors
	// what result.Counters.ErrorCount counts, so far.
	Failed, Errors uint64
	// Done is the repetition when it has ended, else nil.
	Done *result.Repetition
}

func (r *repetition) report() {
	s := r.status
	s.Recorded = r.sink.Count()
	s.P50, s.P99 = r.sink.Live()
	now := clock.Now()
	if r.steadyNow {
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
	r.fillRates(&s, now)
	r.opts.notify(s)
}

// fillRates fills in the rate since it was last asked, and what the last two samples say of
// the time between them.
func (r *repetition) fillRates(s *Status, now int64) {
	if since := time.Duration(now - r.lastStatus.at); r.lastStatus.at > 0 && since > 0 && !r.job.measuredAtServer() {
		s.Achieved = float64(s.Recorded-r.lastStatus.recorded) / since.Seconds()
	}
	if r.steadyNow { // no other phase records
		r.lastStatus.at, r.lastStatus.recorded = now, s.Recorded
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
	if r.job.measuredAtServer() {
		s.Achieved = float64(b.Recorded-a.Recorded) / seconds
	}
	s.ClientCores = (b.Client.CPU - a.Client.CPU).Seconds() / seconds
	if a.Server != nil && b.Server != nil {
		s.ServerCores = (b.Server.CPU - a.Server.CPU).Seconds() / seconds
		s.ServerKnown = true
	}
}
