package claims

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A contest compares protocols by one metric at one point of a suite.
type contest struct {
	group group
	by    metric.Metric
}

// minLead is the ratio that the whole interval must exceed for a protocol to be ahead: 5 %.
const minLead = 1.05

// Metrics of contests.
var (
	serverCPU = metric.For(quantity.ServerCPU)
	bothCPU   = metric.For(metric.BothCPU)
	tail      = metric.Time(99)
	capacity  = labelled(metric.For(quantity.Throughput), "messages/s at capacity")
)

// labelled returns the metric under another name.
func labelled(m metric.Metric, label string) metric.Metric {
	m.Label = label
	return m
}

// contests returns a contest for each metric at each point of a suite that satisfies keep.
func contests(r *result.Result, keep func(result.Config) bool, by ...metric.Metric) []contest {
	var list []contest
	for _, g := range groupsOf(r, keep) {
		for _, m := range by {
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
		verdict, mark := compare(c.group, c.by, o.ahead, o.behind)
		v.ask(verdict == Confirmed, verdict == Refuted)
		marks = append(marks, mark)
	}
	v.seen = append(v.seen, fmt.Sprintf("%s, %s: %s. %s", c.group.label(), c.by.Label, measured(c.group, c.by, c.group.protocols()), strings.Join(marks, "; ")))
}

// byContests returns a judge that decides by a vote of contests on the orders.
func byContests(orders []order, from func(*result.Evidence) []contest) func(*result.Evidence) finding {
	return func(e *result.Evidence) finding {
		var v vote
		for _, c := range from(e) {
			if slices.ContainsFunc(orders, func(o order) bool { return c.group.cells[o.ahead] == nil || c.group.cells[o.behind] == nil }) {
				v.open += len(orders)
				continue
			}
			c.addTo(&v, orders)
		}
		return v.finding()
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
func useCaseContests(by metric.Metric, names ...string) func(*result.Evidence) []contest {
	return func(e *result.Evidence) []contest {
		return contests(e.Suites["use-cases"], func(c result.Config) bool { return slices.Contains(names, c.Scenario) }, by)
	}
}

// A group holds the cells that differ only in their protocol.
type group struct {
	pattern, scenario, axes string
	cells                   map[string]*result.Cell // by protocol
}

// id returns the identifier of the point in a result.
func (g group) id() string {
	return strings.TrimSuffix(g.scenario+"/"+g.pattern+"/"+g.axes, "/")
}

// groupsOf returns the groups of cells that satisfy keep, in the order of r. r may be nil.
func groupsOf(r *result.Result, keep func(result.Config) bool) []group {
	var out []group
	if r == nil {
		return nil
	}
	for _, c := range r.Cells {
		if c.Config.API == result.CustomAPI || !keep(c.Config) { // the guide's claims are not about custom targets
			continue
		}
		g := group{c.Config.Pattern, c.Config.Scenario, c.Config.Axes, map[string]*result.Cell{}}
		i := slices.IndexFunc(out, func(o group) bool { return o.id() == g.id() })
		if i < 0 {
			i, out = len(out), append(out, g)
		}
		out[i].cells[c.Config.Protocol] = c
	}
	return out
}

// label returns the name of the point in a line of evidence: its scenario and its axes, if any.
func (g group) label() string {
	name := g.scenario
	if slices.Contains(performanceSuites, name) {
		name = g.pattern
	}
	return strings.TrimSuffix(name+" "+strings.ReplaceAll(g.axes, "encoding=", ""), " ")
}

// protocols returns the guide's protocols that the point has, in the guide's order.
func (g group) protocols() []string {
	var names []string
	for _, p := range Protocols {
		if g.cells[p.ID] != nil {
			names = append(names, p.ID)
		}
	}
	return names
}
