package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"rtbench/report/result"
)

// A reasonKind groups reasons that differ only in their numbers.
type reasonKind struct {
	kind, first string
	gravity     int  // the lowest of all repetitions
	differs     bool // in its numbers, between repetitions
	cells       []*result.Cell
	count       int
}

// String names the cells, counts the repetitions and quotes the first reason.
func (o reasonKind) String() string {
	of := 0
	for _, c := range o.cells {
		of += len(c.Repetitions)
	}
	cells, example := o.cells[0].ID, ""
	if more := len(o.cells) - 1; more > 0 {
		cells += " and " + result.Plural(more, "more cell")
	}
	if o.differs {
		example = ", for example"
	}
	return fmt.Sprintf("%s, %d of %s%s: %s", cells, o.count, result.Plural(of, "repetition"), example, o.first)
}

// Objections describes the reasons of all repetitions, the most serious first, grouped by kind.
func Objections(r *result.Result) []string {
	var out []*reasonKind
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			for n, reason := range rep.Validity.Reasons {
				gravity := rep.Validity.Gravity(n)
				reason = result.Printable(reason)
				k := withoutNumbers(reason)
				i := slices.IndexFunc(out, func(o *reasonKind) bool { return o.kind == k })
				if i < 0 {
					i, out = len(out), append(out, &reasonKind{kind: k, first: reason, gravity: gravity})
				}
				out[i].add(c, reason, gravity)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *reasonKind) int { return cmp.Compare(a.gravity, b.gravity) })
	texts := make([]string, len(out))
	for i, o := range out {
		texts[i] = o.String()
	}
	return texts
}

func (o *reasonKind) add(c *result.Cell, reason string, gravity int) {
	o.count++
	o.differs = o.differs || reason != o.first
	o.gravity = min(o.gravity, gravity)
	if len(o.cells) == 0 || o.cells[len(o.cells)-1] != c {
		o.cells = append(o.cells, c)
	}
}

// Numbers with their unit or noun, which may be plural.
var (
	numberPattern = regexp.MustCompile(`[0-9][0-9.,]*( [nµm]?s\b)?`)
	pluralPattern = regexp.MustCompile(`# ([a-z]+?)s?\b`)
)

func withoutNumbers(reason string) string {
	return pluralPattern.ReplaceAllString(numberPattern.ReplaceAllString(reason, "#"), "# $1")
}
