package report

import (
	"fmt"
	"slices"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// A group is the cells of a scenario that differ in nothing but the protocol.
type group struct {
	title string
	cells []*result.Cell
}

// groups returns the groups in the order of the result, without the cells that
// never ran.
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

// table puts the protocols side by side, then each beside the floor.
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

// precision says how far the figures can be trusted: over the repetitions where
// there are several, else by the messages of the one.
func (g *group) precision() (caption string, t *table) {
	if g.maxRepetitions() > 1 {
		return fmt.Sprintf("the figures above, each with the exact order-statistic interval of its median over the repetitions that are not invalid (%.0f %% needs %d)",
			100*confidence, stats.ValuesFor(confidence)), g.overRepetitions()
	}
	return fmt.Sprintf("one repetition: exact binomial intervals of %.0f %% from its messages, as many as are independent behind p99; how another run would differ they cannot tell",
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

// everOpened says whether a stream of any cell was ever open: else a table would be of dashes.
func (g *group) everOpened() bool {
	return slices.ContainsFunc(g.cells, func(c *result.Cell) bool { return !c.NeverOpened() })
}

// maxRepetitions is how many the cell with the most has.
func (g *group) maxRepetitions() int {
	most := 0
	for _, c := range g.cells {
		most = max(most, len(c.Repetitions))
	}
	return most
}

// FloorProtocol is what the others are held against.
const FloorProtocol = "tcp"
