package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// An effect is what a group of connections does to the others of its scenario, which run with and without
// it in alternation (without: [none, GROUP]).
type effect struct {
	scenario, group string
	comparisons     []comparison
	parts           []part
}

// A comparison is a cell of another group with and without the group.
type comparison struct {
	name          string // its protocol, and the axes that it shares with few others
	with, without metric.Cell
}

// A part is the group itself over a protocol, with the pairs of repetitions that tell its cost.
type part struct {
	name  string
	cell  *result.Cell
	pairs [][2]*result.Repetition // of another group, with and without it
}

// effectsOf returns the effects of the groups that a result's scenarios leave out.
func effectsOf(r *result.Result) (list []*effect) {
	var effects Grouped[[2]string, *effect]
	for _, without := range r.Cells {
		c := without.Config
		if c.Without == "" || len(without.Repetitions) == 0 {
			continue
		}
		with := cellWith(r, c, c.Group)
		if with == nil {
			continue
		}
		key := [2]string{c.Scenario, c.Without}
		if len(effects.Of[key]) == 0 {
			effects.Add(key, &effect{scenario: c.Scenario, group: c.Without})
		}
		e, name := effects.Of[key][0], effectName(c)
		e.comparisons = append(e.comparisons, comparison{name, metric.Merge(with), metric.Merge(without)})
		known := slices.ContainsFunc(e.parts, func(p part) bool { return p.name == name })
		if left := cellWith(r, c, c.Without); left != nil && !known {
			e.parts = append(e.parts, part{name, left, result.Pairs(with, without)})
		}
	}
	for _, key := range effects.Keys {
		e := effects.Of[key][0]
		slices.SortStableFunc(e.comparisons, func(a, b comparison) int { return cmp.Compare(e.place(a), e.place(b)) })
		list = append(list, e)
	}
	return list
}

// place returns where the group of a comparison appears first.
func (e *effect) place(of comparison) int {
	return slices.IndexFunc(e.comparisons, func(c comparison) bool { return c.with.Config.Group == of.with.Config.Group })
}

// cellWith returns the cell of a group that ran with all groups, at the point of a cell that ran without one;
// nil if there is none.
func cellWith(r *result.Result, c result.Config, group string) *result.Cell {
	i := slices.IndexFunc(r.Cells, func(o *result.Cell) bool {
		is := o.Config
		return is.Scenario == c.Scenario && is.Protocol == c.Protocol && is.Without == "" && is.Group == group &&
			effectAxes(is) == effectAxes(c) && len(o.Repetitions) > 0
	})
	if i < 0 {
		return nil
	}
	return r.Cells[i]
}

// effectAxes returns the axes of a cell that those with and without a group have in common.
func effectAxes(c result.Config) string {
	axes := slices.DeleteFunc(strings.Split(c.Axes, "/"), func(a string) bool {
		return strings.HasPrefix(a, "without=") || strings.HasPrefix(a, "group=")
	})
	return strings.Join(axes, " ")
}

func effectName(c result.Config) string { return strings.TrimSpace(c.Protocol + " " + effectAxes(c)) }

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

// memory returns what a stream of the group adds to the server's resident memory at the end of the steady
// phase. Bytes of sockets, which the kernel holds, are not included.
func (p part) memory() stats.Interval {
	var differences []float64
	streams := float64(p.cell.Config.Connections * p.cell.Config.Streams)
	for _, pair := range p.pairs {
		with, without := pair[0].Server, pair[1].Server
		if with.RSSBytes > 0 && without.RSSBytes > 0 {
			differences = append(differences, float64(with.RSSBytes-without.RSSBytes)/streams)
		}
	}
	return stats.MedianInterval(differences, metric.Confidence)
}

// ranOn reports whether one process served all repetitions, so that it may have kept memory for which it no
// longer had a use.
func (p part) ranOn() bool { return p.cell.Config.Target != "" }

// counts returns the counts of the group's repetitions: of messages in the steady phase, and of streams in all.
func (p part) counts() (messages, all result.Counters) {
	var steady, whole []result.Counters
	for _, r := range p.cell.Repetitions {
		steady, whole = append(steady, r.Counters), append(whole, r.AllPhases())
	}
	return result.Sum(steady...), result.Sum(whole...)
}

// missed returns the share of the messages due to the group that it did not get by the end of the drain; NaN
// if unknown.
func (p part) missed() float64 {
	messages, _ := p.counts()
	return messages.FailedRate()
}

// ended returns how often the server ended a stream of the group in a repetition: the median.
func (p part) ended() float64 {
	var list []float64
	for _, r := range p.cell.Repetitions {
		list = append(list, float64(r.AllPhases().EndedCount()))
	}
	return stats.Median(list)
}

// fate says what became of the group.
func (p part) fate() string {
	messages, all := p.counts()
	switch missed := p.missed(); {
	case all.EndedCount() > 0:
		return "disconnected"
	case missed > 0 && messages.Dropped > 0:
		return "messages dropped"
	case missed > 0:
		return "messages missed"
	case math.IsNaN(missed):
		return "stayed connected"
	}
	return "got everything"
}
