package report

import (
	"fmt"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// joined says whether all users joined that were due to, and what a join cost the server.
func (e *effect) joined() string {
	var fates Grouped[string, string]
	var cpu cost
	for _, p := range e.parts {
		fates.Add(p.joining(), p.name)
		cpu.add(p.name, cpuPerJoin(p.cell, p.calm))
	}
	return e.about(fates, cpu.sentence("a join", "CPU", len(e.parts), result.Duration))
}

// joining says whether the users of the group joined.
func (p part) joining() string {
	j := p.cell.Joins()
	switch {
	case j == nil || j.Planned == 0:
		return "nobody was due to join"
	case j.Joined+j.Failed < j.Planned-j.Planned/100:
		return fmt.Sprintf("%.0f %% of the users that were due joined in time", 100*float64(j.Joined)/float64(j.Planned))
	case j.Failed > 0:
		return fmt.Sprintf("%s could not join", result.Plural(j.Failed, "user"))
	}
	return fmt.Sprintf("%s joins/s as planned", metric.In(metric.JoinsBriefly)[0].Text(metric.Merge(p.cell)))
}

// onJoining returns the table of the users that came and went, and of what they cost the server.
func (e *effect) onJoining() EffectTable {
	t := EffectTable{
		Caption: e.group + " themselves: the time from when a user was due to join until its opening steps were done, and the additional needs of the server: CPU for each user that comes and goes, and memory of its process",
		Heads:   []string{""},
	}
	list := metric.In(metric.JoinsBriefly)
	for _, m := range list {
		t.Heads = append(t.Heads, m.Head)
	}
	t.Heads = append(t.Heads, cpuPerJoinHead, "more memory")
	t.drops = []int{2, len(t.Heads) - 1, 5, 1, 3}
	for _, p := range e.parts {
		row, c := []string{p.name}, metric.Merge(p.cell)
		for _, m := range list {
			row = append(row, m.Text(c))
		}
		t.Rows = append(t.Rows, append(row, cpuText(cpuPerJoin(p.cell, p.calm)), p.moreMemory()))
	}
	return t
}

// moreMemory formats by how much the server's resident memory is larger than while all users stay.
func (p part) moreMemory() string {
	var differences []float64
	for _, pair := range p.pairs {
		if with, without := pair[0].Server.RSSBytes, pair[1].Server.RSSBytes; with > 0 && without > 0 {
			differences = append(differences, float64(with-without))
		}
	}
	in := stats.MedianInterval(differences, metric.Confidence)
	if in.N >= metric.MinPairs && in.Low > 0 {
		return result.Bytes(in.Median)
	}
	return memoryText(in)
}
