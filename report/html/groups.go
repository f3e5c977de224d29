package html

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/report"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A group is a group of cells of all results with their look.
type group struct {
	*report.Group
	anchor  string
	entries []*entry // of the cells, in their order
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
	for i, of := range report.Groups(list...) {
		g := &group{Group: of, anchor: anchor(i), several: len(result.Unique(of.Results)) > 1}
		for i, c := range of.Cells {
			r := of.Results[i]
			e := &entry{Cell: c, result: r, place: i, name: names[r], color: look.color(c.Config.Protocol), repetition: typical(c.Cell)}
			if e.dash = e.color; g.several {
				e.dash = r // colours distinguish protocols, dashes results
			}
			g.entries = append(g.entries, e)
		}
		out = append(out, g)
	}
	return out
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
// not discarded.
func typical(c *result.Cell) int {
	list := c.Usable()
	if len(list) == 0 {
		list = slices.Clone(c.Repetitions)
	}
	slices.SortStableFunc(list, func(a, b *result.Repetition) int {
		return cmp.Compare(a.Response.Quantile(50), b.Response.Quantile(50))
	})
	return slices.Index(c.Repetitions, list[(len(list)-1)/2])
}

// resultNames returns the base names of the directories, numbered if not unique. A single result has
// an empty name.
func resultNames(results []result.Named) []string {
	seen := map[string]int{}
	names := make([]string, len(results))
	if len(results) == 1 {
		return names
	}
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

// colors is the number of colours in report.css.
const colors = 8

// A palette assigns colours to protocols. The built-in ones always have the same colour.
type palette map[string]int

func newPalette() palette { return palette{"tcp": 0, "websocket": 1, "sse": 2, "grpc": 3} }

func (l palette) color(protocol string) int {
	c, ok := l[protocol]
	if !ok {
		c = len(l) % colors
		l[protocol] = c
	}
	return c
}

// named names an entry in a sentence and marks the floor and cells without a result.
func (g *group) named(e *entry) string {
	name := protocolName(e.Config.Protocol)
	if g.several {
		name += " in " + e.name
	}
	var aside []string
	if e.isFloor() && len(g.entries) > 1 {
		aside = append(aside, "the floor")
	}
	if e.Discarded() {
		aside = append(aside, e.Word().Title())
	}
	if len(aside) > 0 {
		name += " (" + strings.Join(aside, ", ") + ")"
	}
	return name
}

// protocolName returns a protocol's name for prose.
func protocolName(protocol string) string {
	p, _ := proto.ProtocolByName(protocol)
	return cmp.Or(p.Title, protocol)
}
