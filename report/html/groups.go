package html

import (
	"fmt"
	"path/filepath"
	"slices"

	"rtbench/report"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A group holds the cells of all results that differ only in protocol and result.
type group struct {
	title   string
	entries []*entry
	// several reports that the cells are from more than one result.
	several bool
}

// An entry is a cell with its look.
type entry struct {
	metric.Cell
	result, place           int // index of the result, and position in the group
	name                    string
	color, dash, repetition int // index of the repetition shown over time
}

// groupsOf returns the groups of cells that ran, in the order of the results.
func groupsOf(results []result.Named) []*group {
	var out []*group
	list := make([]*result.Result, len(results))
	for i, n := range results {
		list[i] = n.Result
	}
	look, names := newPalette(), resultNames(results)
	for _, of := range report.Groups(list...) {
		g := &group{title: of.Title, several: len(report.Unique(of.Results)) > 1}
		for i, c := range of.Cells {
			r := of.Results[i]
			g.entries = append(g.entries, &entry{Cell: c, result: r, name: names[r], repetition: typical(c.Cell)})
		}
		out = append(out, g)
	}
	for _, n := range results { // protocols have the same colour in all groups
		for _, c := range n.Result.Cells {
			if len(c.Repetitions) > 0 {
				look.color(c.Config.Protocol)
			}
		}
	}
	for _, g := range out {
		g.arrange(look)
	}
	return out
}

// arrange puts the results of each protocol next to each other and assigns positions, colours and
// dashes.
func (g *group) arrange(look palette) {
	var protocols []string
	for _, e := range g.entries {
		protocols = append(protocols, e.Config.Protocol)
	}
	slices.SortStableFunc(g.entries, func(a, b *entry) int {
		return slices.Index(protocols, a.Config.Protocol) - slices.Index(protocols, b.Config.Protocol)
	})
	for i, e := range g.entries {
		e.place, e.color = i, look.color(e.Config.Protocol)
		if e.dash = e.color; g.several {
			e.dash = e.result // colours distinguish protocols, dashes results
		}
	}
}

func (g *group) label(e *entry) string {
	if g.several {
		return e.Config.Protocol + " · " + e.name
	}
	return e.Config.Protocol
}

// floor returns the entry that e is compared with, or nil.
func (g *group) floor(e *entry) *entry {
	i := slices.IndexFunc(g.entries, func(o *entry) bool { return o.result == e.result && o.isFloor() })
	if i < 0 {
		return nil
	}
	return g.entries[i]
}

func (e *entry) isFloor() bool { return e.Config.Protocol == report.FloorProtocol }

// typical returns the index of the repetition with the median response p50, preferably one that is
// not invalid.
func typical(c *result.Cell) int {
	var order []int
	for i, r := range c.Repetitions {
		if r.Validity.Verdict != result.Invalid {
			order = append(order, i)
		}
	}
	if len(order) == 0 {
		for i := range c.Repetitions {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return int(c.Repetitions[a].Response.Quantile(50) - c.Repetitions[b].Response.Quantile(50))
	})
	return order[(len(order)-1)/2]
}

// resultNames returns the base names of the directories, numbered if not unique.
func resultNames(results []result.Named) []string {
	seen := map[string]int{}
	names := make([]string, len(results))
	for i, n := range results {
		name := filepath.Base(n.Dir)
		if name == result.FileName {
			name = filepath.Base(filepath.Dir(n.Dir))
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		names[i] = name
	}
	return names
}
