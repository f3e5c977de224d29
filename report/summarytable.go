package report

import (
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/proto/quantity"
	"rtbench/report/metric"
)

// A summaryTable shows groups that differ in one part of their load only, such as the rate.
type summaryTable struct {
	groups []*Group
	varies int    // the part in which they differ; single for one group
	split  Splits // of the server's CPU time, for one group that also ran over the lean stack
}

const single = -1

// summaryTables joins successive groups that differ in one part of their load only.
func summaryTables(all []*Group) (out []*summaryTable) {
	for _, g := range Choices(all) {
		if len(out) == 0 || !out[len(out)-1].take(g) {
			out = append(out, &summaryTable{groups: []*Group{g}, varies: single})
		}
	}
	for _, t := range out {
		if t.varies == single {
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

// take adds a group if it differs from the others in the same part only.
func (t *summaryTable) take(g *Group) bool {
	first, other := partsOf(t.groups[0].Config()), partsOf(g.Config())
	at := single
	for i := range first {
		if first[i] == other[i] {
			continue
		}
		if at != single || i <= patternPart || i == timesPart {
			return false
		}
		at = i
	}
	if at == single || t.varies != single && at != t.varies {
		return false
	}
	t.groups, t.varies = append(t.groups, g), at
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
		if i != patternPart && i != t.varies && !shared[i] && part != "" {
			names = append(names, part)
		}
	}
	return strings.Join(names, ", ")
}

// value returns the varying part of group i without the words that all groups have there.
func (t *summaryTable) value(i int) string {
	words := func(g *Group) []string { return strings.Fields(partsOf(g.Config())[t.varies]) }
	var out []string
	for at, word := range words(t.groups[i]) {
		same := !slices.ContainsFunc(t.groups, func(g *Group) bool {
			other := words(g)
			return at >= len(other) || other[at] != word
		})
		if !same {
			out = append(out, word)
		}
	}
	return strings.Join(out, " ")
}

// answer returns the sentences on the groups; those that say the same are joined.
func (t *summaryTable) answer() string {
	if t.varies == single {
		return t.groups[0].Sentence()
	}
	var said Grouped[string, string]
	for i, g := range t.groups {
		if s := g.Front(); s != "" {
			said.Add(s, t.value(i))
		}
	}
	var sentences []string
	for _, s := range said.Keys {
		if values := said.Of[s]; len(values) < len(t.groups) {
			s += " at " + joinValues(values)
		}
		sentences = append(sentences, s)
	}
	if len(sentences) == 0 {
		return ""
	}
	return strings.Join(sentences, "; ") + "."
}

// joinValues joins values with the noun that they have in common, if they have one: 1, 4 and 16 connections.
func joinValues(values []string) string {
	numbers, last := make([]string, len(values)), len(values)-1
	_, noun, _ := strings.Cut(values[last], " ")
	for i, v := range values {
		number, of, _ := strings.Cut(v, " ")
		if noun == "" || strings.TrimSuffix(of, "s") != strings.TrimSuffix(noun, "s") {
			return JoinAnd(values)
		}
		numbers[i] = number
	}
	return JoinAnd(numbers) + " " + noun
}

// charts draws the p99 of each protocol that has any, over the varying part of the load.
func (t *summaryTable) charts() (lines []string) {
	if len(t.groups) < 3 {
		return nil
	}
	m := metric.Time(99)
	most := t.largest(m)
	var protocols Grouped[string, rune]
	for _, g := range t.groups {
		for i, name := range g.rowNames() {
			protocols.Add(name, spark(g.Typical(m, i)/most))
		}
	}
	for _, name := range protocols.Keys {
		if line := string(protocols.Of[name]); strings.TrimSpace(line) != "" {
			lines = append(lines, line+"  "+name+" p99")
		}
	}
	return lines
}
