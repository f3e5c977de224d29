package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"rtbench/report/result"
)

// A reason is a reason against a repetition of a cell.
type reason struct {
	cell       *result.Cell
	repetition *result.Repetition
	text       string
	kind       string // that of reasons which differ in their numbers only
	gravity    int
}

// reasonsOf returns the reasons against the repetitions of cells, the most serious first.
func reasonsOf(cells ...*result.Cell) []reason {
	var out []reason
	for c, r := range (&result.Result{Cells: cells}).Repetitions() {
		for i, text := range r.Validity.Reasons {
			kind := withoutNumbers(text)
			if f := r.Validity.Finding(i).Kind; f == result.SentLate || f == result.ReadSlowly {
				kind = string(f)
			}
			out = append(out, reason{c, r, result.Printable(text), kind, r.Validity.Gravity(i)})
		}
	}
	slices.SortStableFunc(out, func(a, b reason) int { return cmp.Compare(a.gravity, b.gravity) })
	return out
}

// Objections describes the reasons of all repetitions, the most serious first. Those that differ
// only in their numbers are grouped, and so are all of a late or slow generator.
func Objections(r *result.Result) []string {
	var kinds Grouped[string, reason]
	for _, o := range reasonsOf(r.Cells...) {
		kinds.Add(o.kind, o)
	}
	texts := make([]string, len(kinds.Keys))
	for i, kind := range kinds.Keys {
		texts[i] = describeReasons(kinds.Of[kind])
	}
	return texts
}

// describeReasons names the cells, counts the repetitions and quotes the first reason.
func describeReasons(list []reason) string {
	var cells []*result.Cell
	example := ""
	for _, o := range list {
		if cells = append(cells, o.cell); o.text != list[0].text {
			example = ", for example"
		}
	}
	cells = result.Unique(cells)
	where, of := cells[0].ID, 0
	if more := len(cells) - 1; more > 0 {
		where += " and " + result.Plural(more, "more cell")
	}
	for _, c := range cells {
		of += len(c.Repetitions)
	}
	return fmt.Sprintf("%s, %d of %s%s: %s", where, len(list), result.Plural(of, "repetition"), example, list[0].text)
}

// Numbers with their unit or noun, which may be plural.
var (
	numberPattern = regexp.MustCompile(`[0-9][0-9.,]*( [nµm]?s\b)?`)
	pluralPattern = regexp.MustCompile(`# ([a-z]+?)s?\b`)
)

func withoutNumbers(reason string) string {
	return pluralPattern.ReplaceAllString(numberPattern.ReplaceAllString(reason, "#"), "# $1")
}
