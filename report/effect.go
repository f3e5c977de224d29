package report

import (
	"cmp"
	"slices"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// An effect is what a group of connections does to the others of its scenario. They run in alternation with and
// without it (without: [none, GROUP]), or while its users come and go and while all stay (stay: [forever, STAY]).
type effect struct {
	scenario, group string
	stay            string // how long its users stay; empty if the group is left out
	comparisons     []comparison
	parts           []part
}

// A comparison is a cell of another group with and without the effect.
type comparison struct {
	name          string // its protocol, and the axes that it shares with few others
	with, without metric.Cell
}

// effectsOf returns the effects that a result's scenarios measure.
func effectsOf(r *result.Result) (list []*effect) {
	var effects Grouped[[3]string, *effect]
	for _, without := range r.Cells {
		if len(without.Repetitions) == 0 {
			continue
		}
		for _, s := range sidesOf(r, without) {
			key := [3]string{without.Config.Scenario, s.group, s.stay}
			if len(effects.Of[key]) == 0 {
				effects.Add(key, &effect{scenario: without.Config.Scenario, group: s.group, stay: s.stay})
			}
			effects.Of[key][0].add(s)
		}
	}
	for _, key := range effects.Keys {
		e := effects.Of[key][0]
		slices.SortStableFunc(e.comparisons, func(a, b comparison) int { return cmp.Compare(e.place(a), e.place(b)) })
		list = append(list, e)
	}
	return list
}

func (e *effect) add(s sides) {
	e.comparisons = append(e.comparisons, comparison{s.name, metric.Merge(s.with), metric.Merge(s.without)})
	if s.of != nil && !slices.ContainsFunc(e.parts, func(p part) bool { return p.name == s.name }) {
		e.parts = append(e.parts, part{s.name, s.of, s.calm, result.Pairs(s.with, s.without)})
	}
}

// place returns where the group of a comparison appears first.
func (e *effect) place(of comparison) int {
	return slices.IndexFunc(e.comparisons, func(c comparison) bool { return c.with.Config.Group == of.with.Config.Group })
}

// others returns the names of the groups that are compared.
func (e *effect) others() (names []string) {
	for _, c := range e.comparisons {
		names = append(names, c.with.Config.Group)
	}
	return result.Unique(names)
}

// tails are the metrics that tell the effect on a group, the preferred one first.
var tails = []metric.Metric{metric.Time(99), metric.Time(90), metric.Time(50)}

// tail returns the highest percentile by which most cells of a group can be compared with and without the other by
// enough pairs, or else by any, or else p99.
func (e *effect) tail(group string) metric.Metric {
	for _, least := range []int{metric.MinPairs, 1} {
		for _, m := range tails {
			known, all := 0, 0
			for _, c := range e.comparisons {
				if c.with.Config.Group != group {
					continue
				}
				all++
				if in, _ := c.by(m); in.N >= least {
					known++
				}
			}
			if 2*known > all {
				return m
			}
		}
	}
	return tails[0]
}

// metrics returns the metrics of the full table.
func (c comparison) metrics() []metric.Metric {
	list := slices.Clone(tails)
	slices.Reverse(list)
	if c.with.Config.Model == "closed" {
		list = append(list, metric.For(quantity.Throughput))
	}
	return list
}

// A change is the outcome of a comparison by a metric.
type change int

const (
	unknownChange change = iota
	fewPairs
	higher
	lower
	unchanged // within similar
	unclear
)

var changeWords = map[change]string{unknownChange: "unknown", fewPairs: "", higher: "higher", lower: "lower", unchanged: "unchanged", unclear: "undecided"}

// by returns the ratio of a metric with the group to that without it, and what it says.
func (c comparison) by(m metric.Metric) (in stats.Interval, is change) {
	in, _, _ = m.Ratio(c.with.Cell, c.without.Cell, metric.MinLead)
	switch {
	case in.N == 0:
		return in, unknownChange
	case in.N < metric.MinPairs:
		return in, fewPairs
	case in.Low > metric.MinLead:
		return in, higher
	case in.High < 1/metric.MinLead:
		return in, lower
	case in.Low >= 1/similar && in.High <= similar:
		return in, unchanged
	}
	return in, unclear
}
