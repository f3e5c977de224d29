package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// BurstsCaption describes the table of bursts.
const BurstsCaption = "bursts: times of the messages due in a burst, and in the second half of the time between bursts; the most messages that waited for an answer at once, in the median burst and in the worst; and the time from the end of a burst until no more waited than usually do before the next one, with its interval over all bursts"

// BurstHeads are the heads of BurstRow.
var BurstHeads = []string{"p50 burst", "p50 between", "p99 burst", "p99 between", "waiting", "at worst", "drained in", "interval"}

// briefBurstHeads are shorter: each "between" follows its percentile.
var briefBurstHeads = []string{"p50 burst", "between", "p99 burst", "between", "waiting", "at worst", "drained in", "interval"}

// BurstRow describes the bursts of a cell; nil if it has none. Times have the bound, and are unknown, if those of the
// cell are, and the messages that wait if no time is known.
func BurstRow(c metric.Cell) []string {
	b := c.Bursts()
	if b == nil {
		return nil
	}
	in, between := b.InBurst(), b.Between()
	waiting, drained := b.MostWaiting(metric.Confidence), b.DrainTime(metric.Confidence)
	row := []string{
		kindTime(c, in, 50), kindTime(c, between, 50), kindTime(c, in, 99), kindTime(c, between, 99),
		result.Unknown, result.Unknown, result.Unknown, result.Unknown,
	}
	mark, known := burstMark(c)
	if !known || waiting.N < metric.MinPairs {
		return row
	}
	row[4], row[5] = mark+result.Grouped(int64(math.Ceil(waiting.Median))), mark+result.Grouped(slices.Max(b.Backlog))
	row[6], row[7] = drainText(b, drained.Median), fmt.Sprintf("[%s, %s]", drainText(b, drained.Low), drainText(b, drained.High))
	if row[6] != atOnce && !math.IsInf(drained.Median, 1) {
		row[6] = mark + row[6]
	}
	return row
}

// burstMark returns the mark of values of bursts that are upper bounds, because messages were sent or received late;
// known is false if not even the median of the times is reported.
func burstMark(c metric.Cell) (mark string, known bool) {
	for _, p := range []float64{50, 99} {
		_, bounded := c.UpperBound(c.Response, p)
		if bounded {
			mark = result.AtMost
		}
		_, usable := c.Percentile(c.Response, p)
		known = known || usable || bounded
	}
	return mark, known
}

// atOnce says that no backlog was left when a burst ended.
const atOnce = "at once"

func drainText(b *result.Bursts, v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "> " + result.Duration(float64(b.Period-b.On)/2)
	case v == 0:
		return atOnce
	}
	return result.Duration(v)
}

// bursts returns the table of bursts, all columns or the brief ones; nil if there are none.
func (g *Group) bursts(brief bool) (t *table) {
	heads := BurstHeads
	if brief {
		heads = briefBurstHeads
	}
	for i, c := range g.Cells {
		row := BurstRow(c)
		if row == nil {
			continue
		}
		if t == nil {
			t = newTable(append([]string{"protocol"}, heads...)...)
		}
		t.add(append([]string{g.rowNames()[i]}, row...)...)
	}
	if t != nil && brief {
		t = t.without([]int{len(heads)})
	}
	return t
}

// BurstSentence says how long after bursts their backlog is gone; empty without bursts.
func (g *Group) BurstSentence() string {
	var b *result.Bursts
	var low, high goneBy
	fewest := 0
	for i, c := range g.Cells {
		of := c.Bursts()
		if of == nil {
			continue
		}
		b = of
		in := of.DrainTime(metric.Confidence)
		mark, known := burstMark(c)
		if !known || in.N < metric.MinPairs {
			fewest = max(fewest, in.N)
			continue
		}
		this := goneBy{g.rowNames()[i], in.Median, "in " + strings.Replace(mark, result.AtMost, "at most ", 1) + drainText(b, in.Median)}
		if math.IsInf(in.Median, 1) {
			this.in = "not within " + result.Duration(float64(b.Period-b.On)/2)
		}
		if low.name == "" || this.after < low.after {
			low = this
		}
		if high.name == "" || this.after > high.after {
			high = this
		}
	}
	switch {
	case b == nil:
		return ""
	case high.name == "" && fewest < metric.MinPairs:
		return fmt.Sprintf("Bursts of %v every %v: how long they are felt is not reported after %s, %d are needed.", b.On, b.Period, result.Plural(fewest, "burst"), metric.MinPairs)
	case high.name == "":
		return fmt.Sprintf("Bursts of %v every %v: how long they are felt is not reported, as no time is.", b.On, b.Period)
	case low.text() == high.text():
		return fmt.Sprintf("Bursts of %v every %v: after each, its backlog is gone %s.", b.On, b.Period, low.text())
	}
	return fmt.Sprintf("Bursts of %v every %v: after each, its backlog is gone %s over %s, and %s over %s.", b.On, b.Period, low.text(), low.name, high.text(), high.name)
}

// goneBy is when the backlog of bursts is gone over a protocol.
type goneBy struct {
	name  string
	after float64
	in    string
}

func (g goneBy) text() string {
	if g.after == 0 {
		return atOnce
	}
	return g.in
}

// burstsBriefly prints the bursts of groups that have them.
func (p *printer) burstsBriefly(groups []*Group) {
	for _, g := range groups {
		if t := g.bursts(true); t != nil {
			p.paragraph("    ", "  "+g.BurstSentence())
			p.printf("%s", t.within(p.width, 6, 5, 2, 1, 4).text())
		}
	}
}
