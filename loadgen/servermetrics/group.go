package servermetrics

import (
	"fmt"
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

// result returns the values since the first reading. A value that this system does not report is left out.
func (g *group) result(name string) result.ServerSeries {
	s := result.ServerSeries{Name: "cgroup", Source: name, Kind: "cgroup"}
	took := time.Duration(g.at - g.began).Seconds()
	switch {
	case g.readings < 2 || took <= 0:
		s.Kind, s.Problem = "", "the control group was read less than twice"
		return s
	case g.last.CPU < g.first.CPU:
		s.Problem = "its CPU time fell: the control group was made again"
		return s
	case g.last.CPU == 0:
		s.Problem = "its CPU time is not reported"
	case g.last.Memory == 0:
		s.Problem = "its memory is not reported"
	}
	value := func(name, unit string, v float64) {
		s.Values = append(s.Values, result.ServerValue{Name: "cgroup_" + name, Unit: unit, Value: result.Number(v), Better: "lower"})
	}
	if g.last.CPU > 0 {
		value("cores", "", (g.last.CPU-g.first.CPU).Seconds()/took)
	}
	g.addQuota(value, took)
	if g.last.Memory > 0 {
		mean, most := meanAndMax(g.memory)
		value("memory_mean", result.UnitBytes, mean)
		if g.last.MemoryPeak > g.first.MemoryPeak { // it was reached between two readings
			most = max(most, float64(g.last.MemoryPeak))
		}
		value("memory_peak", result.UnitBytes, most)
	}
	return s
}

// addQuota adds the values of a group with a CPU quota, after so many seconds.
func (g *group) addQuota(value func(name, unit string, v float64), took float64) {
	if g.last.Quota == 0 {
		return
	}
	value("quota_cores", "", g.last.Quota)
	if g.last.Quota != g.first.Quota || g.last.Periods < g.first.Periods {
		return // the counts may be those of another group
	}
	share := 0.0 // also if no thread had anything to run
	if periods := g.last.Periods - g.first.Periods; periods > 0 {
		share = float64(g.last.ThrottledPeriods-g.first.ThrottledPeriods) / float64(periods)
	}
	value("throttled_periods", result.UnitRatio, share)
	value("throttled_time", result.UnitRatio, (g.last.Throttled-g.first.Throttled).Seconds()/took)
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
