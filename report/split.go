package report

import (
	"fmt"
	"math"
	"slices"
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

// Bar returns the lengths of the three segments of the split's bar in the metric's unit, and their sum.
// Where less is better they are the floor and what the protocol and the library add; what one of them saves
// shortens those before it, so that the bar is about as long as the cost over the stock stack. Where more is
// better they are what is left, and what the protocol and the library take away.
func (s Split) Bar(m metric.Metric) (segments [3]float64, sum float64) {
	segments = [3]float64{s.Floor, s.Part.Median, s.Library.Median}
	if m.Higher {
		segments = [3]float64{s.Stock, max(0, -s.Part.Median), max(0, -s.Library.Median)}
	}
	for i := 2; i > 0; i-- {
		segments[i-1] += min(0, segments[i])
		segments[i] = max(0, segments[i])
	}
	segments[0] = max(0, segments[0])
	return segments, segments[0] + segments[1] + segments[2]
}

// Splits holds the splits of a metric under one load.
type Splits struct {
	Title string // of the load, without the stack
	By    metric.Metric
	Rows  []Split
}

// splitMetrics returns the metrics that have a split under a load.
func splitMetrics(c result.Config) []metric.Metric {
	all := append([]metric.Metric{
		metric.For(quantity.ServerCPU), metric.For(quantity.ClientCPU), metric.Time(50), metric.Time(99),
		metric.For(quantity.WireBytes), metric.For(quantity.Throughput),
	}, metric.MemoryPerConnection()...)
	return slices.DeleteFunc(all, func(m metric.Metric) bool { return !m.Exists(c) || !m.Measures(c) })
}

// splits prints where the costs go under each load that ran over both stacks.
func (p *printer) splits(r *result.Result) {
	title := ""
	for _, s := range SplitCosts(r) {
		caption := ""
		if s.Title != title {
			title, caption = s.Title, "where the cost goes: "+s.Title
		}
		p.table(caption, s.table(math.MaxInt))
	}
}

// SplitCosts returns the splits of each load that ran over both stacks, by metric. Protocols that lack
// values are left out, and so are loads without any.
func SplitCosts(r *result.Result) (out []Splits) {
	groups := Groups(r)
	for _, g := range groups {
		for _, m := range splitMetrics(g.Config()) {
			if s := g.split(groups, m); len(s.Rows) > 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// split splits a metric of a group over the stock stack. It has no rows if the load did not also run over
// the lean stack with the floor.
func (g *Group) split(groups []*Group, m metric.Metric) Splits {
	title := partsOf(g.Config())
	title[stackPart] = ""
	out := Splits{Title: title.title(), By: m}
	lean := g.over(proto.Lean, groups)
	if g.Config().Stack != proto.Stock || lean == nil {
		return out
	}
	floor := lean.cell(FloorProtocol)
	for _, c := range g.Cells {
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

// split prints the splits as a table, or as lines if the width is too small for it.
func (p *printer) split(s Splits) {
	if len(s.Rows) == 0 {
		return
	}
	if t := s.table(p.width); t.width() <= p.width {
		p.printf("%s", t.text())
		return
	}
	for _, r := range s.Rows {
		p.paragraph("    ", fmt.Sprintf("  %s %s: floor %s, protocol %s, library %s, stock %s",
			r.Protocol, s.By.Head, s.By.Format(r.Floor), s.part(r.Part), s.part(r.Library), s.By.Format(r.Stock)))
	}
}

// table shows the splits with a bar: full for the floor, dark for the protocol, light for the library. If
// the width has no room for intervals, parts whose interval contains 0 are "up to" its upper bound.
func (s Splits) table(width int) *table {
	for _, style := range []struct{ bars, intervals bool }{{true, true}, {false, true}, {true, false}} {
		if t := s.build(style.bars, style.intervals); t.width() <= width {
			return t
		}
	}
	return s.build(false, false)
}

func (s Splits) build(bars, intervals bool) *table {
	heads := []string{s.By.Head, "raw TCP", "+ protocol", "+ library", "= stock"}
	if bars {
		for i, glyph := range splitGlyphs {
			heads[i+1] += " " + glyph
		}
		heads = append(heads, "")
	}
	t := &table{rows: [][]string{heads}}
	most := 0.0
	for _, r := range s.Rows {
		_, sum := r.Bar(s.By)
		most = max(most, r.Stock, r.Floor, sum)
	}
	part := s.part
	if intervals {
		part = s.WithInterval
	}
	for _, r := range s.Rows {
		row := []string{r.Protocol, s.By.Format(r.Floor), part(r.Part), part(r.Library), s.By.Format(r.Stock)}
		if bars {
			row = append(row, s.bar(r, most))
		}
		t.add(row...)
	}
	return t
}

// part formats a part without its interval. If that contains 0, the part is at most its upper bound.
func (s Splits) part(in stats.Interval) string {
	if in.N > 1 && in.Low <= 0 && in.High >= 0 {
		return "up to " + s.By.Format(in.High)
	}
	return s.signed(in.Median)
}

// WithInterval formats a part with its interval, if it has one.
func (s Splits) WithInterval(in stats.Interval) string {
	if in.N < 2 {
		return s.signed(in.Median)
	}
	return fmt.Sprintf("%s [%s, %s]", s.signed(in.Median), s.signed(in.Low), s.signed(in.High))
}

// signed formats a difference.
func (s Splits) signed(v float64) string {
	if v < 0 {
		return "−" + s.By.Format(-v)
	}
	return s.By.Format(v)
}

// splitWidth is the width of the bar of a split in columns.
const splitWidth = 12

// splitGlyphs draw the floor, the protocol and the library. They differ from that of values between bounds.
var splitGlyphs = []string{"█", "▓", "▒"}

// bar draws the segments of a split.
func (s Splits) bar(r Split, most float64) string {
	var text string
	segments, _ := r.Bar(s.By)
	for i, glyph := range splitGlyphs {
		text += strings.Repeat(glyph, int(math.Round(splitWidth*segments[i]/most)))
	}
	if n := columns(text); n < splitWidth {
		text += strings.Repeat(" ", splitWidth-n)
	}
	return text
}
