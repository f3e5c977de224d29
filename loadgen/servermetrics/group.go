package servermetrics

import (
	"fmt"
	"math"
	"time"

	"rtbench/proto/usage"
	"rtbench/report/result"
)

// A group follows a control group.
type group struct {
	readings    int
	first, last usage.GroupUsage
	began, at   int64
	memory      []float64
}

func (g *group) add(at int64, u usage.GroupUsage) {
	if g.readings++; g.readings == 1 {
		g.first, g.began = u, at
	}
	g.last, g.at = u, at
	g.memory = append(g.memory, float64(u.Memory))
}

// result returns the values since the first reading.
func (g *group) result(name string) result.ServerSeries {
	s := result.ServerSeries{Name: "cgroup", Source: name, Kind: "cgroup"}
	took := time.Duration(g.at - g.began)
	if g.readings < 2 || took <= 0 {
		s.Kind, s.Problem = "", "the control group was read less than twice"
		return s
	}
	value := func(name, unit string, v float64) {
		s.Values = append(s.Values, result.ServerValue{Name: "cgroup_" + name, Unit: unit, Value: result.Number(v), Better: "lower"})
	}
	value("cores", "", (g.last.CPU-g.first.CPU).Seconds()/took.Seconds())
	if g.last.Quota > 0 {
		value("throttled_periods", result.UnitRatio, share(g.last.ThrottledPeriods-g.first.ThrottledPeriods, g.last.Periods-g.first.Periods))
		value("throttled_time", result.UnitRatio, (g.last.Throttled-g.first.Throttled).Seconds()/took.Seconds())
		value("quota_cores", "", g.last.Quota)
	}
	mean, most := meanAndMax(g.memory)
	value("memory_mean", result.UnitBytes, mean)
	if g.last.MemoryPeak > g.first.MemoryPeak { // it was reached between two readings
		most = max(most, float64(g.last.MemoryPeak))
	}
	value("memory_peak", result.UnitBytes, most)
	if g.last.CPU < g.first.CPU {
		s.Values, s.Problem = nil, "its CPU time fell: the control group was made again"
	}
	return s
}

func share(n, of uint64) float64 {
	if of == 0 {
		return math.NaN()
	}
	return float64(n) / float64(of)
}

// processes follows the number of processes.
type processes struct {
	readings    int
	first, last usage.Counts
	most        int
}

func (p *processes) add(n usage.Counts) {
	if p.readings++; p.readings == 1 {
		p.first = n
	}
	p.last, p.most = n, max(p.most, n.Now)
}

// result returns the values since the first reading.
func (p *processes) result(name string) result.ServerSeries {
	s := result.ServerSeries{Name: "processes", Source: name, Kind: "processes"}
	if p.readings == 0 {
		s.Kind, s.Problem = "", "no process was running"
		return s
	}
	started, ended, uncounted := p.last.Started-p.first.Started, p.last.Ended-p.first.Ended, p.last.Uncounted-p.first.Uncounted
	for _, v := range []struct {
		name string
		n    int
	}{{"max", p.most}, {"started", started}, {"ended", ended}} {
		s.Values = append(s.Values, result.ServerValue{Name: "processes_" + v.name, Value: result.Number(v.n), Better: "lower"})
	}
	if uncounted > 0 {
		s.Problem = fmt.Sprintf("%d of those that ended left no trace of their last CPU time: server CPU is at least the value shown", uncounted)
	}
	return s
}
