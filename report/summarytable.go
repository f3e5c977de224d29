package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A summaryTable shows groups that differ in up to two parts of their load, such as the rate and the number of
// connections.
type summaryTable struct {
	groups []*Group
	// varies are the parts in which the groups differ, the one that changes last first; empty for one group.
	varies []int
	split  Splits // of the server's CPU time, for one group that also ran over the lean stack
}

// mostVarying is the number of parts in which the groups of a table may differ.
const mostVarying = 2

// summaryTables joins successive groups that differ in their load only.
func summaryTables(all []*Group) (out []*summaryTable) {
	for _, g := range Choices(all) {
		if len(out) == 0 || !out[len(out)-1].take(g) {
			out = append(out, &summaryTable{groups: []*Group{g}})
		}
	}
	for _, t := range out {
		if len(t.varies) == 0 {
			t.split = t.groups[0].split(all, metric.For(quantity.ServerCPU))
		}
	}
	return out
}

// Choices returns the groups that the first screen shows: all but lean stacks beside the stock stack,
// which show the cost of its library and are no choice themselves.
func Choices(groups []*Group) []*Group {
	return slices.DeleteFunc(slices.Clone(groups), func(g *Group) bool {
		return g.Config().Stack == proto.Lean && g.over(proto.Stock, groups) != nil
	})
}

// over returns the group with the same load on reference servers over another stack, or nil.
func (g *Group) over(stack string, groups []*Group) *Group {
	load := func(g *Group) parts {
		p := partsOf(g.Config())
		p[stackPart] = ""
		return p
	}
	at := slices.IndexFunc(groups, func(o *Group) bool {
		return o.Config().API == "" && o.Config().Stack == stack && load(o) == load(g)
	})
	if at < 0 {
		return nil
	}
	return groups[at]
}

// take adds a group if it differs from the others in at most mostVarying parts of the load.
func (t *summaryTable) take(g *Group) bool {
	first, other := partsOf(t.groups[0].Config()), partsOf(g.Config())
	varies := slices.Clone(t.varies)
	for i := range first {
		switch {
		case first[i] == other[i] || slices.Contains(varies, i):
		case i <= patternPart || i == timesPart:
			return false
		default:
			varies = append([]int{i}, varies...)
		}
	}
	if len(varies) > mostVarying {
		return false
	}
	t.groups, t.varies = append(t.groups, g), varies
	return true
}

// sharedParts returns which parts all tables have in common.
func sharedParts(tables []*summaryTable) (shared [len(parts{})]bool) {
	for i := range shared {
		shared[i] = !slices.ContainsFunc(tables, func(t *summaryTable) bool {
			return slices.ContainsFunc(t.groups, func(g *Group) bool {
				return partsOf(g.Config())[i] != partsOf(tables[0].groups[0].Config())[i]
			})
		})
	}
	return shared
}

// label names the table by its pattern and the parts that distinguish it from others.
func (t *summaryTable) label(shared [len(parts{})]bool) string {
	p := partsOf(t.groups[0].Config())
	names := []string{p[patternPart]}
	for i, part := range p {
		if i != patternPart && !slices.Contains(t.varies, i) && !shared[i] && part != "" {
			names = append(names, part)
		}
	}
	return strings.Join(names, ", ")
}

// value returns a part of group i without the words that all groups have there, or the last of them if it has no
// others.
func (t *summaryTable) value(i, part int) string {
	common := map[string]bool{}
	for _, word := range commonWords([]*summaryTable{t}, part) {
		common[strings.TrimSuffix(word, ",")] = true
	}
	words, last := wordsOf(t.groups[i], part), ""
	if n := len(words); n > 0 {
		last = words[n-1]
	}
	words = slices.DeleteFunc(words, func(word string) bool { return common[strings.TrimSuffix(word, ",")] })
	return cmp.Or(strings.Join(words, " "), last)
}

// values returns the varying parts of group i.
func (t *summaryTable) values(i int) []string {
	out := make([]string, len(t.varies))
	for at, part := range t.varies {
		out[at] = t.value(i, part)
	}
	return out
}

// loadColumns returns the heads of the columns of the varying parts, and the values of each group, which are
// empty if those of the group above are the same.
func (t *summaryTable) loadColumns() (heads []string, rows [][]string) {
	heads, rows = make([]string, len(t.varies)), make([][]string, len(t.groups))
	for at, part := range t.varies {
		column := make([]string, len(t.groups))
		for i := range t.groups {
			column[i] = t.value(i, part)
		}
		column, heads[at] = splitNoun(column)
		for i, v := range column {
			rows[i] = append(rows[i], v)
		}
	}
	for i := len(rows) - 1; i > 0; i-- {
		for at := range rows[i] {
			if rows[i][at] != rows[i-1][at] {
				break
			}
			rows[i][at] = ""
		}
	}
	return heads, rows
}

// nothing says why the table has no columns.
func (t *summaryTable) nothing() string {
	for _, g := range t.groups {
		for _, c := range g.Cells {
			if c.Response.Count() > 0 {
				return "no value can be reported."
			}
		}
	}
	return "nothing was measured."
}

// charts draws the p99 of each protocol that has any, over the last varying part of the load, for each value
// of the other.
func (t *summaryTable) charts() (lines []string) {
	if len(t.groups) < 3 {
		return nil
	}
	m := metric.Time(99)
	most := t.largest(m)
	var protocols []string
	for _, g := range t.groups {
		protocols = append(protocols, g.rowNames()...)
	}
	for _, name := range result.Unique(protocols) {
		var line strings.Builder
		for i, g := range t.groups {
			if i > 0 && len(t.varies) > 1 && t.values(i)[0] != t.values(i - 1)[0] {
				line.WriteByte(' ')
			}
			mark := '·'
			if at := slices.Index(g.rowNames(), name); at >= 0 {
				if v := g.Typical(m, at); !math.IsNaN(v) {
					mark = spark(v / most)
				}
			}
			line.WriteRune(mark)
		}
		if strings.Trim(line.String(), "· ") != "" {
			lines = append(lines, line.String()+"  "+name+" p99")
		}
	}
	return lines
}
