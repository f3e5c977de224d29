package loadgen

import (
	"fmt"
	"time"

	"rtbench/proto"
	"rtbench/proto/pace"
)

func (r *repetition) open() bool { return r.job.cell.Model == "open" }

// plan sets the phases and the load profile, starting at origin.
func (r *repetition) plan(origin int64) {
	ph := r.job.cell
	r.origin = origin
	r.from = origin + int64(ph.Warmup)
	r.to = r.from + int64(ph.Steady)
	r.profile = nil
	if !r.open() {
		return
	}
	rate := r.job.cell.Rate
	if ph.Warmup > 0 {
		r.profile = append(r.profile, pace.Segment{Duration: ph.Warmup, From: rate, To: rate})
	}
	if len(r.job.cell.Stages) == 0 {
		r.profile = append(r.profile, pace.Segment{Duration: ph.Steady, From: rate, To: rate})
	}
	for _, s := range r.job.cell.Stages {
		r.profile = append(r.profile, pace.Segment{Duration: s.Over, From: rate, To: s.To})
		rate = s.To
	}
}

func (r *repetition) call(share int) proto.Call {
	p := r.job.cell
	return proto.Call{
		Pattern: proto.Pattern(p.Pattern), Text: r.job.text(), Native: p.Encoding == "native", Size: p.Size,
		Profile: r.profile, Arrivals: pace.Arrivals(p.Arrivals), Seed: r.job.cell.Seed,
		Share: share, Of: r.job.streams(), Origin: r.origin, SteadyFrom: r.from, SteadyTo: r.to,
		Topic: fmt.Sprintf("%s-%d", r.job.resultCell.ID, r.origin),
	}
}

// planOf returns the plan of an exchange's messages.
func (r *repetition) planOf(c proto.Call) *pace.Plan {
	if c.Pattern == proto.Fanout { // all subscribers share the topic's plan
		return pace.NewPlan(c.Profile, c.Arrivals, c.Seed, 0, 1)
	}
	return pace.NewPlan(c.Profile, c.Arrivals, c.Seed, c.Share, c.Of)
}

// planned returns how many messages of a share were due in a phase.
func (r *repetition) planned(share, phase int) uint64 {
	from, to := time.Duration(0), r.job.cell.Warmup
	if phase == steady {
		from, to = to, r.profile.Length()
	}
	if r.cutShort() {
		to = min(to, time.Duration(max(0, r.steadyEnd-r.origin)))
	}
	return r.planOf(r.call(share)).CountPlanned(from, to)
}

// cutShort reports whether the repetition ended before its plan.
func (r *repetition) cutShort() bool { return r.steadyEnd < r.to }

// allPlanned returns how many messages were due on the open streams in a phase.
func (r *repetition) allPlanned(phase int) (n uint64) {
	for _, e := range r.exchanges {
		n += r.planned(e.call.Share, phase)
	}
	return n
}
