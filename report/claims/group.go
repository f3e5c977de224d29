package claims

import (
	"slices"
	"strings"

	"rtbench/report/result"
)

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
