package report

import (
	"fmt"
	"slices"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// A group holds the cells of a scenario that differ only in their protocol.
type group struct {
	title string
	cells []*result.Cell
}

// groups returns the groups of cells that ran, in the order of the result.
func groups(r *result.Result) []*group {
	var out []*group
	byTitle := map[string]*group{}
	for _, c := range r.Cells {
		if len(c.Repetitions) == 0 {
			continue
		}
		t := Title(c.Config)
		g := byTitle[t]
		if g == nil {
			g = &group{title: t}
			byTitle[t] = g
			out = append(out, g)
		}
		g.cells = append(g.cells, c)
	}
	return out
}

// table compares the protocols, first in absolute values and then relative to the floor.
func (g *group) table() *table {
	t := &table{}
	head := []string{"protocol", "verdict"}
	for _, c := range newRow(g.cells[0]).columns() {
		head = append(head, c.name)
	}
	t.add(append(head, "lag p99")...)
	t.addRule()
	var rows []*row
	var floor *row
	for _, c := range g.cells {
		r := newRow(c)
		rows = append(rows, r)
		if c.Config.Protocol == FloorProtocol {
			floor = r
		}
		t.add(r.absolute()...)
	}
	if floor != nil && len(rows) > 1 {
		t.addRule()
		for _, r := range rows {
			t.add(r.relative(floor)...)
		}
	}
	return t
}

// precision returns the table of confidence intervals: over the repetitions, or from the messages of
// a single one.
func (g *group) precision() (caption string, t *table) {
	if g.maxRepetitions() > 1 {
		return fmt.Sprintf("metrics above with exact intervals of the median over the repetitions that are not invalid (order statistics; %.0f %% confidence needs %d repetitions)",
			100*confidence, stats.ValuesFor(confidence)), g.overRepetitions()
	}
	return fmt.Sprintf("one repetition: exact %.0f %% binomial intervals from its independent messages, which do not cover variation between runs",
		100*confidence), g.withinRepetition()
}

func (g *group) overRepetitions() *table {
	head := []string{"protocol"}
	for _, c := range intervalColumns {
		name := c.name
		if c.time > 0 {
			name = TimeMetricName(g.cells[0].Config, name)
		}
		head = append(head, name)
	}
	t := &table{}
	t.add(append(head, "n", "confidence")...)
	t.addRule()
	for _, c := range g.cells {
		t.add(intervals(c)...)
	}
	return t
}

func (g *group) withinRepetition() *table {
	head := []string{"protocol"}
	for _, p := range withinPercentiles {
		head = append(head, TimeMetricName(g.cells[0].Config, fmt.Sprintf("p%g", p)))
	}
	t := &table{}
	t.add(append(head, "independent", "correlation")...)
	t.addRule()
	for _, c := range g.cells {
		t.add(percentileIntervals(c.Repetitions[0], c.Config.Protocol)...)
	}
	return t
}

// everOpened reports whether a stream of any cell was open; otherwise the tables would be empty.
func (g *group) everOpened() bool {
	return slices.ContainsFunc(g.cells, func(c *result.Cell) bool { return !c.NeverOpened() })
}

// maxRepetitions returns the largest number of repetitions of a cell.
func (g *group) maxRepetitions() int {
	most := 0
	for _, c := range g.cells {
		most = max(most, len(c.Repetitions))
	}
	return most
}

// FloorProtocol is the protocol that the others are compared with.
const FloorProtocol = "tcp"
