package report

import (
	"fmt"
	"strings"

	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// ServerFailures describes what the server of one side of a comparison did wrong.
func ServerFailures(side string, r *result.Result) (lines []string) {
	for _, f := range Findings(r) {
		if f.Word == result.ServerFailed {
			lines = append(lines, side+", "+f.Text)
		}
	}
	return lines
}

// comparison prints the servers' failures, the outcome in a sentence, then a table with a row per
// metric.
func (p *printer) comparison(c regression.Comparison) {
	for _, f := range c.Failures {
		p.point(result.ServerFailed.Title(), f)
	}
	if p.markdown && len(c.Failures) > 0 {
		p.printf("\n")
	}
	outcome := strings.ToUpper(string(c.Outcome))
	if p.markdown {
		p.lead(outcome, ": "+outcomeSentence(c), []string{comparisonCaption(c)})
		p.list("", whySlower(c))
		p.printf("\n")
		p.table("", comparisonTable(c, ""))
		p.list("", comparisonNotes(c, ""))
		return
	}
	p.paragraph("  ", outcome+": "+outcomeSentence(c))
	p.paragraph("    ", "  "+comparisonCaption(c))
	for _, line := range whySlower(c) {
		p.paragraph("    ", "  "+line)
	}
	t, floor := comparisonTable(c, ""), ""
	if t.width() > p.width {
		floor = commonFloor(c)
		t = comparisonTable(c, floor)
	}
	p.printf("\n%s\n", t.text())
	for _, note := range comparisonNotes(c, floor) {
		p.paragraph("    ", "  "+note)
	}
}

// commonFloor returns the floor of all lines; empty if they have several.
func commonFloor(c regression.Comparison) string {
	var floors []string
	for _, l := range c.Lines {
		floors = append(floors, formatFloor(l))
	}
	if floors = result.Unique(floors); len(floors) == 1 {
		return floors[0]
	}
	return ""
}

func formatFloor(l regression.Line) string { return fmt.Sprintf("×%.3f", 1+l.Floor) }

// outcomeSentence says what decided the outcome.
func outcomeSentence(c regression.Comparison) string {
	var decisive []regression.Line
	floor := 0.0
	for _, l := range c.Lines {
		if l.Outcome == c.Outcome {
			decisive = append(decisive, l)
		}
		floor = max(floor, l.Floor)
	}
	switch {
	case c.Withheld != "":
		return c.Withheld
	case len(c.Lines) == 0:
		return "nothing was compared"
	case c.Outcome == stats.Pass:
		return fmt.Sprintf("head is not worse than base by more than %.3g %% in %s", 100*floor, result.Plural(len(c.Lines), "metric"))
	case len(decisive) == 0:
		return "not all cells could be compared"
	}
	worst := decisive[0]
	for _, l := range decisive {
		if float64(l.Ratio) > float64(worst.Ratio) {
			worst = l
		}
	}
	where := worst.Metric + " of " + worst.Cell
	if more := len(decisive) - 1; more > 0 {
		where += fmt.Sprintf(" (and %s)", result.Plural(more, "more metric"))
	}
	lower := func(ratio result.Number) float64 { return 100 * (1 - 1/float64(ratio)) } // a capacity's ratio is base/head
	if c.Outcome == stats.Regression && c.Objective != "" && !worst.High.Known() {
		return fmt.Sprintf("%s is at least %.3g %% lower", where, lower(worst.Low))
	}
	if c.Outcome == stats.Regression && c.Objective != "" {
		return fmt.Sprintf("%s is %.3g %% lower, at least %.3g %%", where, lower(worst.Ratio), lower(worst.Low))
	}
	if ratio, low := float64(worst.Ratio), float64(worst.Low); c.Outcome == stats.Regression && ratio >= 10 {
		return fmt.Sprintf("%s is worse by a factor of %.1f, at least %.1f", where, ratio, low)
	} else if c.Outcome == stats.Regression {
		return fmt.Sprintf("%s is %.3g %% worse, at least %.3g %%", where, 100*(ratio-1), 100*(low-1))
	}
	switch {
	case !worst.Low.Known() && c.Objective != "":
		return "no usable measurement of " + where
	case !worst.Low.Known():
		return "too few pairs have " + where
	case c.Objective != "" && ratioInterval(worst) == result.Unknown:
		return "only bounds of the " + where + " are known"
	case c.Objective != "":
		return fmt.Sprintf("%s: base/head is %s; a regression is above ×%.3f, a pass below", where, ratioInterval(worst), 1+worst.Floor)
	case float64(worst.Low) > 1+worst.Floor && len(worst.Warnings) > 0:
		return fmt.Sprintf("%s is between %s and %s of base: %s", where, Ratio(float64(worst.Low)), Ratio(float64(worst.High)), worst.Warnings[len(worst.Warnings)-1])
	}
	return fmt.Sprintf("%s is between %s and %s of base; a regression is above ×%.3f, a pass below", where, Ratio(float64(worst.Low)), Ratio(float64(worst.High)), 1+worst.Floor)
}

// outcomeMarks stand before the rows of the table.
var outcomeMarks = map[stats.Outcome]string{stats.Pass: "✓", stats.Regression: "✗", stats.Inconclusive: "?"}

func comparisonCaption(c regression.Comparison) string {
	s := fmt.Sprintf("base %s, head %s", c.Base, c.Head)
	switch {
	case c.Objective != "":
		s += " · capacity for " + c.Objective
		if c.Interleaved {
			s += ", searches interleaved"
		}
	case c.Interleaved:
		s += " · " + result.Plural(c.Pairs, "interleaved pair")
		if c.Crossover {
			s += ", machines swapped after each"
		}
	}
	if !c.Interleaved {
		s += " · not interleaved"
	}
	switch {
	case c.Withheld != "":
		s += " · " + c.Withheld
	case c.LeftOut > 0:
		s += fmt.Sprintf(", %d not used", c.LeftOut)
	}
	return s
}

// comparisonTable returns the table with a column for the floor, unless it is that of all lines.
func comparisonTable(c regression.Comparison, floor string) *table {
	heads := []string{"", "cell", "metric", "base", "head", "ratio", "interval"}
	if floor == "" {
		heads = append(heads, "floor")
	}
	t := newTable(heads...)
	t.leftColumns = 2
	for _, l := range c.Lines {
		format := result.Duration
		if l.Unit != "ns" {
			format = result.Count
		}
		ratio := result.Unknown
		if l.Ratio.Known() {
			ratio = fmt.Sprintf("×%.3f", float64(l.Ratio))
		}
		row := []string{outcomeMarks[l.Outcome], l.Cell, l.Metric, format(float64(l.Base)), format(float64(l.Head)), ratio, ratioInterval(l)}
		if floor == "" {
			row = append(row, formatFloor(l))
		}
		t.add(row...)
	}
	return t
}

// ratioInterval formats the interval of a ratio, which may have only one bound.
func ratioInterval(l regression.Line) string {
	switch low, high := float64(l.Low), float64(l.High); {
	case l.Low.Known() && l.High.Known() && low > 0:
		return fmt.Sprintf("[%.3f, %.3f]", low, high)
	case l.Low.Known() && low > 0:
		return fmt.Sprintf("≥ %.3f", low)
	case l.High.Known():
		return fmt.Sprintf("≤ %.3f", high)
	}
	return result.Unknown
}

// coverage describes the intervals: their confidence and the number of pairs or repetitions.
func coverage(c regression.Comparison) string {
	var kinds Grouped[string, bool]
	for _, l := range c.Lines {
		if l.N > 0 {
			kinds.Add(fmt.Sprintf("%.1f %% with n = %d", 100*l.Confidence, l.N), true)
		}
	}
	if len(kinds.Keys) == 0 {
		return ""
	}
	return "confidence of the intervals: " + strings.Join(kinds.Keys, ", ")
}

// comparisonNotes explains the table and lists the cells that were not compared and each warning
// once, first those that change the outcome. floor is that of all lines if the table has no column for it.
func comparisonNotes(c regression.Comparison, floor string) []string {
	name := "the floor"
	if floor != "" {
		name += ", " + floor + ","
	}
	notes := []string{"a ratio above ×1 is worse; " + name + " is the smallest change that counts; ✗ the interval is above it, ✓ below, ? neither"}
	if s := coverage(c); s != "" {
		notes = append(notes, s)
	}
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
	notes = append(notes, profileNotes(c)...)
	for _, w := range where.Keys {
		at := where.Of[w][0]
		if n := len(where.Of[w]) - 1; n > 0 {
			at += fmt.Sprintf(" and %d more", n)
		}
		notes = append(notes, fmt.Sprintf("! %s: %s", at, w))
	}
	return notes
}
