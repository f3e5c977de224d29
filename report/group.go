package report

import (
	"fmt"

	"rtbench/report/result"
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
		t := title(c.Config)
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

func title(c result.Config) string {
	load := "closed loop"
	if c.Model == "open" {
		load = fmt.Sprintf("open loop, %s %s", rate(c.Rate), c.Arrivals)
		for _, s := range c.Stages {
			load += fmt.Sprintf(" → %s in %v", rate(s.To), s.Over)
		}
	}
	if c.Think > 0 {
		load += fmt.Sprintf(", think %v", c.Think)
	}
	conns := fmt.Sprintf("%d connections", c.Connections)
	if c.Streams > 1 {
		conns += fmt.Sprintf(" × %d streams", c.Streams)
	}
	secure := ""
	if c.TLS {
		secure = ", TLS"
	}
	return fmt.Sprintf("%s · %s · %s · %s · %d B %s%s", c.Scenario, c.Pattern, load, conns, c.Size, c.Encoding, secure)
}

// caption says what the figures of a group are.
func (g *group) caption() string {
	c := g.cells[0].Config
	what, from := "response time", "a message was due"
	if c.FromServer() {
		what = "delivery time"
	}
	if c.Model != "open" {
		from = "it was sent" // a closed loop has no plan to be late by
	}
	return fmt.Sprintf("%s from when %s; repetitions: %d, their histograms merged, other figures the median",
		what, from, len(g.cells[0].Repetitions))
}

// table puts the protocols side by side, then each beside the floor.
func (g *group) table() *table {
	t := &table{}
	head := []string{"protocol", "verdict"}
	for _, c := range columns {
		head = append(head, c.name)
	}
	t.add(append(head, "p99 of each", "lag p99")...)
	t.rule()
	var rows []*row
	var floor *row
	for _, c := range g.cells {
		r := newRow(c)
		rows = append(rows, r)
		if c.Config.Protocol == floorProtocol {
			floor = r
		}
		t.add(r.absolute()...)
	}
	if floor != nil && len(rows) > 1 {
		t.rule()
		for _, r := range rows {
			t.add(r.relative(floor)...)
		}
	}
	return t
}

// floorProtocol is what the others are held against.
const floorProtocol = "tcp"
