package report

import (
	"fmt"
	"math"
	"strings"

	"rtbench/proto"
	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A Split says where a cost of a protocol over its stock stack goes: the floor is raw TCP over the lean
// stack; the protocol's part is what the lean stack of the protocol costs more; the library's part is
// what the stock stack costs more than the lean one.
type Split struct {
	Protocol string
	// Floor and Stock are medians over the repetitions. Part and Library are medians of the differences
	// of repetitions that ran side by side, with their intervals.
	Floor, Stock  float64
	Part, Library stats.Interval
}

// Splits holds the splits of a metric under one load.
type Splits struct {
	Title string // of the load, without the stack
	By    metric.Metric
	Rows  []Split
}

// SplitMetrics are the metrics that have a split: costs that add up.
func SplitMetrics() []metric.Metric {
	return []metric.Metric{metric.For(quantity.ServerCPU), metric.For(quantity.ClientCPU), metric.Time(50), metric.For(quantity.WireBytes)}
}

// SplitCosts returns the splits of each load that ran over both stacks, by metric. Protocols that lack
// values are left out, and so are loads without any.
func SplitCosts(r *result.Result) (out []Splits) {
	for _, t := range summaryTables(Groups(r)) {
		for _, m := range SplitMetrics() {
			if s := t.split(m); len(s.Rows) > 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// stack returns the group whose cells ran over a stack, or nil.
func (t *summaryTable) stack(name string) *Group {
	for _, g := range t.groups {
		if c := g.Config(); c.API == "" && c.Stack == name {
			return g
		}
	}
	return nil
}

// bothStacks reports whether the table's groups differ in their stack, and stock and lean are among them.
func (t *summaryTable) bothStacks() bool {
	return t.varies == payloadPiece && t.stack(proto.Stock) != nil && t.stack(proto.Lean) != nil
}

func (t *summaryTable) split(m metric.Metric) Splits {
	if !t.bothStacks() {
		return Splits{}
	}
	lean, stock := t.stack(proto.Lean), t.stack(proto.Stock)
	out := Splits{Title: strings.TrimSuffix(stock.Title, ", stack "+proto.Stock), By: m}
	floor := lean.cell(FloorProtocol)
	for _, c := range stock.Cells {
		bare := lean.cell(c.Config.Protocol)
		if c.Config.Protocol == FloorProtocol || floor == nil || bare == nil {
			continue
		}
		s := Split{
			Protocol: c.Config.Protocol, Floor: stats.Median(m.Values(floor)), Stock: stats.Median(m.Values(c.Cell)),
			Part: differences(m, bare, floor), Library: differences(m, c.Cell, bare),
		}
		if s.Part.N > 0 && s.Library.N > 0 {
			out.Rows = append(out.Rows, s)
		}
	}
	return out
}

// cell returns the group's cell of a protocol, or nil.
func (g *Group) cell(protocol string) *result.Cell {
	for _, c := range g.Cells {
		if c.Config.Protocol == protocol {
			return c.Cell
		}
	}
	return nil
}

// differences returns the interval of the median of a − b over the repetitions that ran side by side and
// have the metric.
func differences(m metric.Metric, a, b *result.Cell) stats.Interval {
	of := m.Of(a.Config)
	var list []float64
	for _, pair := range result.Pairs(a, b) {
		if d := of(pair[0]) - of(pair[1]); !math.IsNaN(d) {
			list = append(list, d)
		}
	}
	return stats.MedianInterval(list, metric.Confidence)
}

// table shows the splits with their intervals, if the width has room, and a bar: full for the floor,
// dark for the protocol, light for the library.
func (s Splits) table(width int) *table {
	for _, style := range []struct{ bars, intervals bool }{{true, true}, {false, true}, {true, false}} {
		if t := s.build(style.bars, style.intervals); t.width() <= width {
			return t
		}
	}
	return s.build(false, false)
}

func (s Splits) build(bars, intervals bool) *table {
	heads := []string{s.By.Head, "floor", "+ protocol", "+ library", "= stock"}
	if bars {
		heads = append(heads, "")
	}
	t := &table{rows: [][]string{heads}}
	most := 0.0
	for _, r := range s.Rows {
		most = max(most, r.Stock, r.Floor)
	}
	part := func(in stats.Interval) string {
		text := s.Signed(in.Median)
		if intervals && in.N > 1 {
			text += fmt.Sprintf(" [%s, %s]", s.Signed(in.Low), s.Signed(in.High))
		}
		return text
	}
	for _, r := range s.Rows {
		row := []string{r.Protocol, s.By.Format(r.Floor), part(r.Part), part(r.Library), s.By.Format(r.Stock)}
		if bars {
			row = append(row, r.bar(most))
		}
		t.add(row...)
	}
	return t
}

// Signed formats a difference.
func (s Splits) Signed(v float64) string {
	if v < 0 {
		return "−" + s.By.Format(-v)
	}
	return s.By.Format(v)
}

// splitWidth is the width of the bar of a split in columns.
const splitWidth = 12

// bar draws the parts of the stock value, as far as they are positive.
func (r Split) bar(most float64) string {
	cells := func(v float64) int { return max(0, int(math.Round(splitWidth*v/most))) }
	text := strings.Repeat("█", cells(r.Floor)) + strings.Repeat("▓", cells(r.Part.Median)) + strings.Repeat("░", cells(r.Library.Median))
	if n := columns(text); n < splitWidth {
		text += strings.Repeat(" ", splitWidth-n)
	}
	return text
}
