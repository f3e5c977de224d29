package report

import (
	"fmt"
	"strings"

	"rtbench/report/regression"
	"rtbench/report/result"
)

// comparison prints the outcome followed by a table with a row per metric.
func (p *printer) comparison(c regression.Comparison) {
	p.lead(strings.ToUpper(string(c.Outcome)), " · "+comparisonCaption(c), nil)
	p.printf("\n")
	p.table("", comparisonTable(c))
	if !p.markdown {
		p.printf("\n")
	}
	p.list("", comparisonNotes(c))
}

func comparisonCaption(c regression.Comparison) string {
	s := fmt.Sprintf("base %s, head %s", c.Base, c.Head)
	if c.Interleaved {
		s += " · " + result.Plural(c.Pairs, "interleaved pair")
	} else {
		s += " · not interleaved"
	}
	switch {
	case c.Withheld != "":
		s += " · " + c.Withheld
	case c.LeftOut > 0:
		s += fmt.Sprintf(", %d left out as invalid", c.LeftOut)
	}
	return s
}

func comparisonTable(c regression.Comparison) *table {
	t := newTable("cell", "metric", "base", "head", "ratio", "interval", "confidence", "n", "floor", "outcome")
	for _, l := range c.Lines {
		format := result.Duration
		if l.Unit != "ns" {
			format = result.Count
		}
		ratio := result.Unknown
		if l.Ratio.Known() {
			ratio = fmt.Sprintf("×%.3f", float64(l.Ratio))
		}
		interval := result.Unknown
		if l.Low.Known() && l.High.Known() {
			interval = fmt.Sprintf("[%.3f, %.3f]", float64(l.Low), float64(l.High))
		}
		t.add(l.Cell, l.Metric, format(float64(l.Base)), format(float64(l.Head)),
			ratio, interval, fmt.Sprintf("%.1f %%", 100*l.Confidence), fmt.Sprint(l.N),
			fmt.Sprintf("×%.3f", 1+l.Floor), string(l.Outcome))
	}
	return t
}

// comparisonNotes explains the table and lists the cells that were not compared and each warning
// once, first those that change the outcome.
func comparisonNotes(c regression.Comparison) []string {
	notes := []string{"a ratio above ×1 is worse; regression: the interval's lower end is above the floor; pass: its upper end is below it"}
	var cells Grouped[string, string]
	for _, n := range c.NotCompared {
		cells.Add(n.Why, n.Cell)
	}
	for _, why := range cells.Keys {
		notes = append(notes, fmt.Sprintf("! not compared, %s: %s", why, strings.Join(cells.Of[why], ", ")))
	}
	for _, w := range c.Warnings {
		notes = append(notes, "! "+w)
	}
	var where Grouped[string, string]
	for _, l := range c.Lines {
		for _, w := range l.Warnings {
			where.Add(w, l.Cell+" "+l.Metric)
		}
	}
	for _, w := range where.Keys {
		at := where.Of[w][0]
		if n := len(where.Of[w]) - 1; n > 0 {
			at += fmt.Sprintf(" and %d more", n)
		}
		notes = append(notes, fmt.Sprintf("! %s: %s", at, w))
	}
	return notes
}
