package claims

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A contest compares protocols by one metric at one point of a suite.
type contest struct {
	group   group
	ranking ranking
}

// minLead is the ratio that the whole interval must exceed for a protocol to be ahead: 5 %.
const minLead = 1.05

// Rankings used in contests.
var (
	serverCPU = ranking{metric.For(quantity.ServerCPU), metric.For(quantity.ServerCPU).Label, formatMicros}
	bothCPU   = ranking{metric.For(metric.BothCPU), metric.For(metric.BothCPU).Label, formatMicros}
	tail      = ranking{metric.Time(99), metric.Time(99).Label, formatMicros}
	capacity  = ranking{metric.For(quantity.Throughput), "messages at capacity", formatThousands}
)

func formatMicros(v float64) string {
	if v >= 1e6 {
		return fmt.Sprintf("%.3g ms", v/1e6)
	}
	return fmt.Sprintf("%.3g µs", v/1e3)
}

func formatThousands(v float64) string {
	if v >= 1e6 {
		return fmt.Sprintf("%.3gM/s", v/1e6)
	}
	return fmt.Sprintf("%.3gk/s", v/1e3)
}

// contests returns a contest for each ranking at each point of a suite that satisfies keep.
func contests(r *result.Result, keep func(result.Config) bool, rankings ...ranking) []contest {
	var list []contest
	for _, g := range groupsOf(r, keep) {
		for _, m := range rankings {
			list = append(list, contest{g, m})
		}
	}
	return list
}

// An order is a prediction of the guide: one protocol ahead of another.
type order struct{ ahead, behind string }

// addTo adds the answer for each order, and a line of evidence, to the vote.
func (c contest) addTo(v *vote, orders []order) {
	var marks []string
	for _, o := range orders {
		x, y := result.Pairs(c.group.cells[o.ahead], c.group.cells[o.behind], c.ranking.Of(c.group.cells[o.ahead].Config))
		if !c.ranking.Higher {
			x, y = y, x
		}
		in := stats.RatioInterval(x, y, metric.Confidence)
		enough := len(x) >= minPairs
		holds, fails := enough && in.Low > minLead, enough && in.High < 1/minLead
		v.ask(holds, fails)
		mark := fmt.Sprintf("%s to %s", o.ahead, o.behind)
		switch {
		case !enough:
			mark += fmt.Sprintf(" unanswered (%s of repetitions, %d needed)", result.Plural(len(x), "usable pair"), minPairs)
		case holds:
			mark += fmt.Sprintf(" × %.2f [%.2f, %.2f] for the guide", in.Median, in.Low, in.High)
		case fails:
			mark += fmt.Sprintf(" × %.2f [%.2f, %.2f] against it", in.Median, in.Low, in.High)
		default:
			mark += fmt.Sprintf(" × %.2f [%.2f, %.2f] unanswered", in.Median, in.Low, in.High)
		}
		marks = append(marks, mark)
	}
	v.seen = append(v.seen, fmt.Sprintf("%s, %s: %s. %s", c.group.label(), c.ranking.name, measured(c.group, c.ranking, c.group.protocols()), strings.Join(marks, "; ")))
}

// byContests returns a judge that decides by a vote of contests on the orders.
func byContests(orders []order, from func(*result.Evidence) []contest) func(*Cell, *result.Evidence) finding {
	return func(_ *Cell, e *result.Evidence) finding {
		var v vote
		for _, c := range from(e) {
			if slices.ContainsFunc(orders, func(o order) bool { return c.group.cells[o.ahead] == nil || c.group.cells[o.behind] == nil }) {
				v.open += len(orders)
				continue
			}
			c.addTo(&v, orders)
		}
		f := v.finding()
		f.seen[0] += "; × above 1 means that the first is ahead"
		return f
	}
}

// performanceContests returns the contests of the performance cells.
func performanceContests(e *result.Evidence) []contest {
	all := func(result.Config) bool { return true }
	return slices.Concat(
		contests(e.Suites["equal-load"], all, serverCPU, tail),
		contests(e.Suites["equal-load-fanout"], all, serverCPU, tail),
		contests(e.Suites["capacity"], all, capacity),
	)
}

// useCaseContests returns the contests of a use case's scenarios.
func useCaseContests(by ranking, names ...string) func(*result.Evidence) []contest {
	return func(e *result.Evidence) []contest {
		return contests(e.Suites["use-cases"], func(c result.Config) bool { return slices.Contains(names, c.Scenario) }, by)
	}
}
