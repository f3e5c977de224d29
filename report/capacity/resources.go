package capacity

import (
	"fmt"
	"math"
	"slices"
	"time"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// AtObjective returns the point that shows how the subject meets the objective: the one nearest to the
// capacity at which a step met it; false if there is none.
func (s *Subject) AtObjective() (Point, bool) {
	target := s.Answer.Interval.At
	if s.Answer.Kind == AtLeast {
		target = s.Answer.Interval.Low
	}
	return s.nearest(target, func(p Point) bool { return p.Count(Met) > 0 && p.At <= near*target })
}

// nearest returns the point nearest to x that keep accepts.
func (s *Subject) nearest(x float64, keep func(Point) bool) (best Point, found bool) {
	for _, p := range s.Points {
		if keep(p) && (!found || math.Abs(math.Log(p.At/x)) < math.Abs(math.Log(best.At/x))) {
			best, found = p, true
		}
	}
	return best, found
}

// PerCore returns the messages per second of server CPU time at a point; NaN if the CPU is unknown.
func (p Point) PerCore() float64 {
	return 1e9 / metric.For(quantity.ServerCPU).Value(p.Cell)
}

// Cores returns the cores that both ends used at a point, without the pacers' spinning; NaN if unknown.
func (p Point) Cores() (server, client float64) {
	cores := func(of func(*result.Repetition) result.Resources) float64 {
		return stats.Median(p.Values(func(r *result.Repetition) float64 {
			if u := of(r); u.Known && r.Phases.Steady > 0 {
				return (u.CPU - u.Spin).Seconds() / r.Phases.Steady.Seconds()
			}
			return math.NaN()
		}))
	}
	return cores(func(r *result.Repetition) result.Resources { return r.Server }), cores(func(r *result.Repetition) result.Resources { return r.Client })
}

// throttled returns the CPU quota of the server's control group in cores, and in which share of its periods it was
// throttled at a point; NaN if unknown.
func (p Point) throttled() (quota, share float64) {
	median := func(name string) float64 {
		return stats.Median(p.Values(func(r *result.Repetition) float64 { return r.ServerNumber(name) }))
	}
	return median("cgroup_quota_cores"), median("cgroup_throttled_periods")
}

// RanOut says what the server ran out of at loads that miss the objective, as far as its resource use
// tells, with the cores that it used of those of the machine; "" if no such load was run.
func (s *Subject) RanOut(here result.Environment) string {
	p, found := s.missed()
	if !found || s.Answer.Kind == AtLeast {
		return ""
	}
	server, client := p.Cores()
	all := here.UsableCores()
	switch quota, share := p.throttled(); {
	case share > mostThrottled:
		return fmt.Sprintf("CPU quota, throttled in %.0f %% of its periods", 100*share)
	case math.IsNaN(server):
		return "unknown"
	case quota > 0 && server > 0.9*quota:
		return fmt.Sprintf("CPU %.2f/%.3g of its quota", server, quota)
	case p.Config.Target != "" && server < idle:
		return fmt.Sprintf("not CPU %.2f cores", server)
	case p.Config.Target != "": // the number of its cores is unknown
		return fmt.Sprintf("CPU %.2f cores", server)
	case server > 0.9*all:
		return fmt.Sprintf("CPU %.2f/%.3g", server, all)
	case server+client > 0.9*all:
		return fmt.Sprintf("shared CPU %.2f+%.2f/%.3g", server, client, all)
	case server > 0.85 && server < 1.1:
		return fmt.Sprintf("one core %.2f/%.3g", server, all)
	}
	return fmt.Sprintf("not CPU %.2f/%.3g", server, all)
}

// idle is less than a core by so much that an end waits for something else.
const idle = 0.5

// missed returns the point nearest to the capacity at which a step missed the objective; false if there is none.
func (s *Subject) missed() (Point, bool) {
	return s.nearest(s.Answer.Interval.High, func(p Point) bool { return p.Count(Missed) > 0 && p.At >= s.Answer.Interval.Low })
}

// Idle reports whether the objective is missed even at the lowest load, at which both ends are nearly idle, and returns
// the cores that they used.
func (s *Subject) Idle() (server, client float64, idly bool) {
	p, found := s.missed()
	if !found || s.Answer.Kind != Below {
		return 0, 0, false
	}
	server, client = p.Cores()
	quota, share := p.throttled()
	atQuota := share > mostThrottled || server > 0.9*quota
	return server, client, server < idle && client < idle && !atQuota
}

// mostThrottled is the share of periods in which bursts may be throttled without a shortage of CPU time.
const mostThrottled = 0.05

// Shared reports whether the server and rtbench together used up the machine at the capacity, so that the
// server alone would take more.
func (s *Subject) Shared(here result.Environment) bool {
	p, found := s.AtObjective()
	server, client := p.Cores()
	return found && p.Config.Target == "" && server+client > 0.9*here.UsableCores()
}

// CeilingReason returns why the generator was at its limit, from the step with the lowest load at which it
// was; "" if it was not.
func (s *Subject) CeilingReason() string {
	for _, p := range s.Points {
		if p.At < s.Answer.Ceiling {
			continue
		}
		for _, r := range p.Repetitions {
			if OutcomeOf(r, p.on) == Limited {
				return limitReason(r, p.on)
			}
		}
	}
	return ""
}

func limitReason(r *result.Repetition, on result.Environment) string {
	for _, w := range []result.Word{result.NotGenerated, result.Limited} {
		i := slices.IndexFunc(r.Validity.Findings, func(f result.Finding) bool { return f.Word == w })
		if i >= 0 {
			return r.Validity.Findings[i].Reason
		}
	}
	if why := generatorLimit(r, on); why != "" || !behind(r) {
		return why
	}
	return fmt.Sprintf("rtbench sent half of the messages at least %v late", r.Lag.Quantile(50).Round(time.Millisecond))
}

// WhyUnknown returns why nothing is known of the capacity.
func (s *Subject) WhyUnknown() string {
	if why := s.CeilingReason(); why != "" {
		return "rtbench's own limit here is below the lowest load: " + why
	}
	for _, p := range s.Points {
		for _, r := range p.Repetitions {
			if reasons := r.Validity.Reasons(); !r.Interrupted && OutcomeOf(r, p.on) == Unusable && len(reasons) > 0 {
				return reasons[0]
			}
		}
	}
	return "no step has ended"
}
