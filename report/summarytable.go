package report

import (
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"rtbench/proto"
	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A summaryTable shows groups that differ in one part of their load only, such as the rate.
type summaryTable struct {
	groups []*Group
	// pieces are the parts of each group's title, and varies is the index of the one in which the
	// groups differ; -1 for a single group.
	pieces [][]string
	varies int
}

// Indices of the parts of a title; those between are its load.
const (
	patternPiece = 1
	payloadPiece = 4
)

// summaryTables joins successive groups that differ in one part of their load only.
func summaryTables(groups []*Group) (out []*summaryTable) {
	for _, g := range groups {
		pieces := strings.Split(g.Title, " · ")
		if len(out) > 0 && out[len(out)-1].take(g, pieces) {
			continue
		}
		out = append(out, &summaryTable{[]*Group{g}, [][]string{pieces}, -1})
	}
	return out
}

// take adds a group if it differs from the others in the same part only.
func (t *summaryTable) take(g *Group, pieces []string) bool {
	first := t.pieces[0]
	if len(pieces) != len(first) {
		return false
	}
	at := -1
	for i := range pieces {
		if pieces[i] == first[i] {
			continue
		}
		if at >= 0 || i <= patternPiece || i > payloadPiece {
			return false
		}
		at = i
	}
	if at < 0 || t.varies >= 0 && at != t.varies {
		return false
	}
	t.groups, t.pieces, t.varies = append(t.groups, g), append(t.pieces, pieces), at
	return true
}

// sharedPieces returns the indices of the parts that the titles of all tables have in common.
func sharedPieces(tables []*summaryTable) (shared []int) {
	for i := 0; len(tables) > 0 && i < len(tables[0].pieces[0]); i++ {
		differs := func(pieces []string) bool { return i >= len(pieces) || pieces[i] != tables[0].pieces[0][i] }
		if !slices.ContainsFunc(tables, func(t *summaryTable) bool { return slices.ContainsFunc(t.pieces, differs) }) {
			shared = append(shared, i)
		}
	}
	return shared
}

// label names the table by its pattern and what else distinguishes it.
func (t *summaryTable) label(shared []int) string {
	parts := []string{t.pieces[0][patternPiece]}
	for i, piece := range t.pieces[0] {
		if i != patternPiece && i != t.varies && !slices.Contains(shared, i) {
			parts = append(parts, piece)
		}
	}
	return strings.Join(parts, ", ")
}

// value returns the varying part of group i without the words that all groups have there.
func (t *summaryTable) value(i int) string {
	words := strings.Fields(t.pieces[i][t.varies])
	var out []string
	for at, word := range words {
		same := !slices.ContainsFunc(t.pieces, func(p []string) bool {
			other := strings.Fields(p[t.varies])
			return at >= len(other) || other[at] != word
		})
		if !same {
			out = append(out, word)
		}
	}
	return strings.Join(out, " ")
}

// shown returns the indices of the groups in the table. Lean stacks beside stock ones are not choices:
// the split shows them.
func (t *summaryTable) shown() (list []int) {
	for i, g := range t.groups {
		if !t.bothStacks() || g.Config().Stack != proto.Lean {
			list = append(list, i)
		}
	}
	return list
}

// Choices returns the groups that the first screen shows, without lean stacks beside stock ones.
func Choices(groups []*Group) (out []*Group) {
	for _, t := range summaryTables(groups) {
		for _, i := range t.shown() {
			out = append(out, t.groups[i])
		}
	}
	return out
}

// answer returns the sentences on the groups; those that say the same are joined.
func (t *summaryTable) answer() string {
	shown := t.shown()
	if len(shown) == 1 {
		return t.groups[shown[0]].Sentence()
	}
	var said Grouped[string, string]
	for _, i := range shown {
		if s := t.groups[i].Front(); s != "" {
			said.Add(s, t.value(i))
		}
	}
	var parts []string
	for _, s := range said.Keys {
		if values := said.Of[s]; len(values) < len(shown) {
			s += " at " + conjunction(values)
		}
		parts = append(parts, s)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}

// A Column is a metric of the first screen.
type Column struct {
	By   metric.Metric
	Head string
	bar  bool // with a bar beside it, if there is room
}

// columns returns the columns of the table, the most important first.
func (t *summaryTable) columns() []Column {
	return slices.DeleteFunc(columnsFor(t.groups[0]), func(c Column) bool { return !t.has(c.By) })
}

// Columns returns the metrics of the first screen that any of the group's cells has, the most important
// first.
func (g *Group) Columns() []Column {
	return (&summaryTable{groups: []*Group{g}}).columns()
}

func columnsFor(g *Group) []Column {
	c := g.Config()
	speed, cost := criteria(c)
	head := func(m metric.Metric) string { return strings.TrimSuffix(m.In(c).Head, "/msg") }
	out := []Column{{speed, head(speed), true}, {cost, head(cost), true}}
	if speed.Percentile == 0 {
		out = append(out, Column{metric.Time(50), head(metric.Time(50)), false})
	}
	for _, m := range []metric.Metric{metric.Time(99), metric.For(quantity.ClientCPU), metric.For(quantity.WireBytes)} {
		out = append(out, Column{m, head(m), false})
	}
	for _, m := range g.existing(metric.Main) {
		if m.Crowd() {
			out = append(out, Column{m, m.Head, false})
		}
	}
	return out
}

// has reports whether any cell has the metric.
func (t *summaryTable) has(m metric.Metric) bool {
	return slices.ContainsFunc(t.groups, func(g *Group) bool {
		return slices.ContainsFunc(g.Cells, func(c metric.Cell) bool { return m.Text(c) != result.Unknown })
	})
}

// fit returns the table with as many columns and bars as the width has room for.
func (t *summaryTable) fit(width int) *table {
	list, bars := t.columns(), 2
	if len(t.groups) == 1 && len(t.groups[0].Cells) == 1 { // nothing to compare
		bars = 0
	}
	for {
		out := t.build(list, bars)
		switch {
		case out.width() <= width || len(list) <= 1:
			return out
		case bars > 0:
			bars--
		default:
			list = list[:len(list)-1]
		}
	}
}

// build returns the table with columns in the order of the table of metrics. Only the first bars have
// room.
func (t *summaryTable) build(list []Column, bars int) *table {
	list = slices.Clone(list)
	for i := range list {
		if list[i].bar {
			list[i].bar = bars > 0
			bars--
		}
	}
	list = SideBySide(list)
	shown := t.shown()
	valued := len(shown) > 1
	heads := []string{""}
	if valued {
		heads = []string{"", ""}
	}
	for _, c := range list {
		if c.bar {
			heads = append(heads, "")
		}
		heads = append(heads, c.Head)
	}
	out := &table{rows: [][]string{heads}}
	for _, i := range shown {
		g := t.groups[i]
		for at, c := range g.Cells {
			if t.bothStacks() && c.Config.Protocol == FloorProtocol {
				continue // the split has the floor
			}
			row := []string{g.rowNames()[at]}
			if valued {
				row = []string{t.value(i), row[0]}
			}
			for _, col := range list {
				if col.bar {
					low, high := g.Bounds(col.By, at)
					row = append(row, bar(low/t.most(col.By), high/t.most(col.By)))
				}
				row = append(row, col.By.Text(c))
			}
			out.add(row...)
		}
	}
	if valued {
		out.leftColumns = 2
	}
	return out
}

// SideBySide moves the other times behind the first column.
func SideBySide(list []Column) []Column {
	list = slices.Clone(list)
	if len(list) > 2 {
		slices.SortStableFunc(list[1:], func(a, b Column) int { return boolOrder(a.By.Percentile > 0, b.By.Percentile > 0) })
	}
	return list
}

// boolOrder orders true before false.
func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// most returns the largest value of a metric in the table.
func (t *summaryTable) most(m metric.Metric) float64 {
	most := 0.0
	for _, g := range t.groups {
		for i := range g.Cells {
			if _, v := g.Bounds(m, i); v > most {
				most = v
			}
		}
	}
	return most
}

// Largest returns the largest value of a metric in the group.
func (g *Group) Largest(m metric.Metric) float64 { return (&summaryTable{groups: []*Group{g}}).most(m) }

// shows reports whether a value of the table starts with a mark.
func (t *summaryTable) shows(mark string) bool {
	for _, col := range t.columns() {
		for _, g := range t.groups {
			if slices.ContainsFunc(g.Cells, func(c metric.Cell) bool { return strings.HasPrefix(col.By.Text(c), mark) }) {
				return true
			}
		}
	}
	return false
}

// barWidth is the width of a bar in columns.
const barWidth = 6

// bar draws a share of 1 in barWidth columns, at least an eighth of a column, and lightly what lies
// between the bounds of the share.
func bar(low, high float64) string {
	if math.IsNaN(low) || math.IsNaN(high) || math.IsInf(high, 0) {
		return strings.Repeat(" ", barWidth)
	}
	eighths := max(1, int(math.Round(min(low, 1)*8*barWidth)))
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	if light := int(math.Round(min(high, 1)*barWidth)) - columns(text); light > 0 {
		text += strings.Repeat("░", light)
	}
	return text + strings.Repeat(" ", barWidth-columns(text))
}

// charts draws the p99 of each protocol over the varying part of the load.
func (t *summaryTable) charts() (lines []string) {
	if len(t.groups) < 3 || t.bothStacks() {
		return nil
	}
	m := metric.Time(99)
	most := t.most(m)
	var names Grouped[string, rune]
	for _, g := range t.groups {
		for i, name := range g.rowNames() {
			names.Add(name, spark(g.Typical(m, i)/most))
		}
	}
	for _, name := range names.Keys {
		lines = append(lines, string(names.Of[name])+"  "+name+" p99")
	}
	return lines
}

// spark returns a character as high as the share of 1.
func spark(share float64) rune {
	if math.IsNaN(share) {
		return ' '
	}
	const heights = "▁▂▃▄▅▆▇█"
	return []rune(heights)[min(7, int(share*8))]
}

// widthOf returns the number of columns of the terminal that w is, or defaultWidth.
func widthOf(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return max(width, minWidth)
		}
	}
	return defaultWidth
}

const (
	// defaultWidth is the width of output that is not for a terminal.
	defaultWidth = 80
	// minWidth is the smallest width for which lines are wrapped.
	minWidth = 30
)

// columns returns the number of columns that text takes.
func columns(text string) int { return utf8.RuneCountInString(text) }
