package html

import (
	"rtbench/report"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// contested reports whether at least two protocols besides the floor are compared.
func (g *group) contested() bool {
	var protocols []string
	for _, e := range g.entries {
		if !e.isFloor() {
			protocols = append(protocols, e.Config.Protocol)
		}
	}
	return len(result.Unique(protocols)) > 1
}

// winners returns the winner of each result, since repetitions can be paired only within a result.
func (g *group) winners(f metric.Metric) []winner {
	var entries report.Grouped[int, *entry]
	for _, e := range g.entries {
		entries.Add(e.result, e)
	}
	var out []winner
	for _, r := range entries.Keys {
		if w, ok := winnerIn(f, entries.Of[r]); ok {
			out = append(out, w)
		}
	}
	return out
}
