package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// A Cell is one point of a scenario's matrix.
type Cell = cell.Config

// An axis is a key with several values, which set gives to a cell.
type axis struct {
	name   string // in the cell's ID; empty if other parts of it show the value
	values []any
	set    func(c *Cell, value any)
}

// matrix returns the axes. The pattern varies slowest and the protocol fastest, so that cells to
// compare are adjacent.
func (s *Scenario) matrix() []axis {
	scratch := new(Cell)
	var first, others []axis
	spec.Walk(scratch.Keys(), func(path string, k spec.Key) {
		if k.Value.Set == nil || len(s.axes[path]) < 2 && path != s.varied {
			return
		}
		a := axis{name: k.Name, values: s.axes[path], set: func(c *Cell, value any) {
			*scratch = *c
			k.Value.Set(value)
			*c = *scratch
		}}
		if path == "pattern" {
			a.name = ""
			first = append(first, a)
		} else {
			others = append(others, a)
		}
	})
	protocols := axis{set: func(c *Cell, value any) { c.Protocol = value.(string) }}
	for _, name := range s.Protocols {
		protocols.values = append(protocols.values, name)
	}
	return slices.Concat(first, others, []axis{protocols})
}

// Cells returns all cells: the points of the matrix, or of each its groups.
func (s *Scenario) Cells() []Cell { return slices.Concat(s.Runs()...) }

// Runs returns the cells that run together: each alone, or the groups of each point of the matrix.
func (s *Scenario) Runs() (runs [][]Cell) {
	for _, c := range s.withAndWithout(s.points()) {
		run := []Cell{c}
		if len(s.Groups) > 0 {
			run = nil
		}
		for _, g := range s.Groups {
			if g.Group == c.Without {
				continue
			}
			run = append(run, g.configured(g.groupCell(c)))
		}
		runs = append(runs, run)
	}
	return runs
}

// points returns the points of the matrix.
func (s *Scenario) points() []Cell {
	c := s.Config
	c.Scenario = s.Name
	cells := []Cell{c}
	for _, a := range s.matrix() {
		cells = a.expand(cells)
	}
	cells = s.dropCleartext(s.chooseStacks(cells))
	if s.keep != nil {
		cells = slices.DeleteFunc(cells, func(c Cell) bool { return !s.keep(c) })
	}
	cells = s.spreadStreams(cells)
	for i, c := range cells {
		cells[i] = s.configured(c)
	}
	return cells
}

// configured returns a cell with the values that follow from the API.
func (s *Scenario) configured(c Cell) Cell {
	switch s.API {
	case cell.Reference:
		c.API = ""
	case cell.Custom:
		s.configureCustom(&c)
	}
	return c
}

// expand multiplies cells by the values of the axis.
func (a axis) expand(cells []Cell) []Cell {
	out := make([]Cell, 0, len(cells)*len(a.values))
	for _, c := range cells {
		for _, v := range a.values {
			n := c
			a.set(&n, v)
			if a.name != "" {
				n.Axes = strings.TrimPrefix(n.Axes+"/"+a.name+"="+axisValue(v), "/")
			}
			out = append(out, n)
		}
	}
	return out
}

// configureCustom fills in the configuration of a custom target's cell.
func (s *Scenario) configureCustom(c *Cell) {
	t := s.Custom
	e := t.Endpoints[c.Protocol]
	if e == nil {
		return
	}
	at, _ := cutURL(e.URL)
	c.Target, c.TLS = e.public, at.secure()
	c.Insecure = c.TLS && t.TLS.Insecure
	if c.Match = strings.TrimSpace(t.Match.By + " " + t.Match.Field); t.Match.After != "" {
		c.Match = "number after " + t.Match.After
	}
	if c.Model == cell.ServerPaced || t.Match.By == "none" {
		c.Times = cell.TimesGap
		if t.Stamp.Field != "" {
			c.Times = cell.TimesOneWay
		}
	}
	if e.Deflate != "" && e.Deflate != "off" {
		c.Deflate = e.Deflate
	}
	if e.Batch > 1 {
		c.Batch = e.Batch
	}
}

// axisValue formats a value without an exponent, 1000000, not 1e+06, and without a slash, which
// separates axes.
func axisValue(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strings.ReplaceAll(fmt.Sprint(v), "/", ":")
}

// runs returns cells × repetitions without building the cells, which may not fit in memory.
func (s *Scenario) runs() float64 {
	runs := float64(s.Repetitions)
	for _, a := range s.matrix() {
		runs *= float64(max(1, len(a.values)))
	}
	return runs
}
