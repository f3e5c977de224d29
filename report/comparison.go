package report

import (
	"fmt"
	"io"
	"strings"

	"rtbench/report/regression"
	"rtbench/report/result"
)

// ComparisonText writes the outcome followed by a table with a row per metric.
func ComparisonText(w io.Writer, c regression.Comparison) error {
	p := &printer{w: w}
	p.printf("%s · %s\n\n", strings.ToUpper(string(c.Outcome)), comparisonCaption(c))
	p.printf("%s", comparisonTable(c).text())
	p.comparisonNotes(c, "  ")
	return p.err
}

// ComparisonMarkdown is ComparisonText in Markdown.
func ComparisonMarkdown(w io.Writer, c regression.Comparison) error {
	p := &printer{w: w}
	p.printf("**%s** · %s\n\n", strings.ToUpper(string(c.Outcome)), escape(comparisonCaption(c)))
	p.printf("%s\n", comparisonTable(c).markdown())
	p.comparisonNotes(c, "- ")
	return p.err
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

// comparisonNotes explains the table and lists each warning once, first those that change the
// outcome.
func (p *printer) comparisonNotes(c regression.Comparison, bullet string) {
	p.printf("\n%sa ratio above ×1 is worse; regression: the interval's lower end is above the floor; pass: its upper end is below it\n", bullet)
	p.notCompared(c, bullet)
	for _, w := range c.Warnings {
		p.printf("%s! %s\n", bullet, w)
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
		p.printf("%s! %s: %s\n", bullet, at, w)
	}
}

// notCompared lists the cells that were not compared, grouped by reason.
func (p *printer) notCompared(c regression.Comparison, bullet string) {
	var cells Grouped[string, string]
	for _, n := range c.NotCompared {
		cells.Add(n.Why, n.Cell)
	}
	for _, why := range cells.Keys {
		p.printf("%s! not compared, %s: %s\n", bullet, why, strings.Join(cells.Of[why], ", "))
	}
}
