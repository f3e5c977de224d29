package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rtbench/report/result"
)

// Thresholds returns a line that says how many thresholds hold and then one for each, failed ones
// first. A threshold counts once for all its cells and repetitions. It returns nil without
// thresholds.
func Thresholds(r *result.Result) []string {
	var good, bad []string
	held, unknown, list := 0, 0, r.Thresholds()
	for _, t := range list {
		if t.Holds {
			held++
			good = append(good, "✓ "+t.Text+": "+worstValue(t))
			continue
		}
		if t.Unknown() {
			unknown++
		}
		bad = append(bad, failingLines(t)...)
	}
	n := len(list)
	if n == 0 {
		return nil
	}
	head := fmt.Sprintf("%s: %d %s", result.Plural(n, "threshold"), held, conjugate(held, "hold"))
	if failed := n - held - unknown; failed > 0 {
		head += fmt.Sprintf(", %d %s not", failed, conjugate(failed, "do"))
	}
	if unknown > 0 {
		head += fmt.Sprintf(", %d unknown", unknown)
	}
	return slices.Concat([]string{head}, bad, good)
}

// ThresholdLines returns a line for each threshold, with a mark, its text and the observed value.
func ThresholdLines(r *result.Result) []string {
	if lines := Thresholds(r); len(lines) > 0 {
		return lines[1:]
	}
	return nil
}

// conjugate returns the verb for n subjects.
func conjugate(n int, plural string) string {
	switch {
	case n != 1:
		return plural
	case plural == "do":
		return "does"
	}
	return plural + "s"
}

// failingLines returns a line for each cell that fails the threshold, and one for those for which it is
// unknown.
func failingLines(t *result.Threshold) []string {
	var lines []string
	var unknown []result.ThresholdCell
	for _, c := range t.Cells {
		switch {
		case c.Worst.Unknown:
			unknown = append(unknown, c)
		case c.Failed > 0:
			lines = append(lines, fmt.Sprintf("%s %s: %s, %s", sign(c.Worst), t.Text, c.Cell, worstRepetition(c)))
		}
	}
	if len(unknown) > 0 {
		c := unknown[0]
		where := c.Cell
		if more := len(unknown) - 1; more > 0 {
			where += " and " + result.Plural(more, "more cell") + ", for example"
		} else {
			where += ","
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s %s", sign(c.Worst), t.Text, where, worstRepetition(c)))
	}
	return lines
}

// sign returns the sign of an outcome.
func sign(o result.Outcome) string {
	switch {
	case o.Holds:
		return "✓"
	case o.Unknown:
		return "?"
	}
	return "✗"
}

// worstValue returns the worst observed value, and its cell and repetition if values differ.
func worstValue(t *result.Threshold) string {
	c := t.WorstCell()
	text := observed(c.Worst)
	switch {
	case !t.Varies:
	case len(t.Cells) > 1:
		return fmt.Sprintf("%s (worst: %s, repetition %d)", text, c.Cell, c.Repetition)
	case c.Of > 1:
		return fmt.Sprintf("%s (worst of %d repetitions)", text, c.Of)
	}
	return text
}

// worstRepetition describes the worst repetition of a cell that fails a threshold.
func worstRepetition(c result.ThresholdCell) string {
	return fmt.Sprintf("repetition %d: %s (%s)", c.Repetition, observed(c.Worst), failedIn(c))
}

// failedIn counts the repetitions in which a threshold fails, and those in which it is unknown.
func failedIn(c result.ThresholdCell) string {
	var parts []string
	if n := c.Failed - c.Unknown; n > 0 {
		parts = append(parts, fmt.Sprintf("fails in %d", n))
	}
	if c.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("unknown in %d", c.Unknown))
	}
	return fmt.Sprintf("%s of %d", strings.Join(parts, ", "), c.Of)
}

// observed formats the values of an outcome: for one that holds, what they are at most, for another one, also
// what they are at least.
func observed(o result.Outcome) string {
	var parts []string
	for _, v := range o.Observed {
		text := v.Metric + " = " + observedValue(v.Value, v.Unit, o.Close)
		if v.AtMost {
			text = v.Metric + " " + result.AtMost + observedValue(v.Value, v.Unit, o.Close)
		}
		if v.AtMost && v.Low > 0 && !o.Holds {
			text = observedValue(v.Low, v.Unit, o.Close) + " " + result.AtMost + text
		}
		if v.Parts != "" {
			text += ": " + v.Parts
		}
		parts = append(parts, text)
	}
	text := strings.Join(parts, ", ")
	for _, more := range []string{o.Where, o.Error} {
		if more != "" {
			text = strings.TrimPrefix(text+", "+more, ", ")
		}
	}
	return text
}

// observedValue formats a value; in full if its first digits do not tell on which side of the limit it is.
func observedValue(v result.Number, unit string, inFull bool) string {
	x := float64(v)
	plain := func(x float64) string { return strconv.FormatFloat(x, 'g', 10, 64) }
	switch {
	case unit == "ns" && inFull:
		_, symbol, _ := strings.Cut(result.Duration(x), " ")
		return plain(x/perUnit[symbol]) + " " + symbol
	case unit == "ns":
		return result.Duration(x)
	case unit == "messages/s" && inFull:
		return plain(x) + "/s"
	case unit == "messages/s":
		return result.Count(x) + "/s"
	case unit == "bytes" && inFull:
		return plain(x) + " bytes"
	case unit == "bytes":
		return fmt.Sprintf("%.4g bytes", x)
	case inFull, unit == "messages", unit == "errors":
		return plain(x)
	}
	return fmt.Sprintf("%.4g", x)
}

// perUnit are the nanoseconds in each unit of result.Duration.
var perUnit = map[string]float64{"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}
