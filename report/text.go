// Package report renders stored results, the terminal table and the formats for other
// programs, what the guide's claims came to, and where a run is while it goes on. All it
// shows comes from the result, or from what it is told of the run; it runs nothing.
package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// Text writes the report for a terminal: whether the measurement can be trusted,
// the protocols side by side, what went wrong, the guide's performance cells. The
// only errors are w's.
func Text(w io.Writer, r *result.Result) error {
	p := &printer{w: w}
	p.validity(r)
	p.oracle(r)
	for _, g := range groups(r) {
		p.printf("\n%s\n%s\n\n", g.title, g.caption())
		opened := g.opened()
		if opened {
			p.printf("%s", g.table().text())
		}
		for _, c := range g.cells {
			for _, t := range trouble(c, exampleOnTerminal) {
				p.printf("  ! %s\n", t)
			}
		}
		if !opened {
			continue
		}
		if t := g.arrivals(); t != nil {
			p.printf("\n  %s\n\n%s", arrivalsCaption, t.text())
			for _, note := range g.arrivalNotes() {
				p.printf("  %s\n", note)
			}
		}
		caption, intervals := g.precision()
		p.printf("\n  %s\n\n%s", caption, intervals.text())
	}
	p.rest(r)
	return p.err
}

// printer keeps the first error, so that a report reads as what it prints.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, strings.Map(harmless, fmt.Sprintf(format, args...)))
	}
}

// harmless drops what would be a command to a terminal: what a server says is in reports.
func harmless(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return -1
	}
	return r
}

// rest is what follows the tables.
func (p *printer) rest(r *result.Result) {
	p.notes(r)
	p.thresholds(r)
	p.claims(claims.Performance(r))
	p.environment(r)
}

// validity comes first: no figure counts for more than this.
func (p *printer) validity(r *result.Result) {
	total, bad := 0, map[result.Verdict]int{}
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			total++
			bad[rep.Validity.Verdict]++
		}
	}
	p.printf("%s", result.Worst(r))
	switch {
	case r.Unfinished:
		p.printf(" · the run did not end (it was killed, or goes on): only its completed repetitions")
	case r.Interrupted:
		p.printf(" · interrupted: only what was measured until then")
	}
	p.printf(" · %d of %s valid", bad[result.Valid], result.Plural(total, "repetition"))
	if n := bad[result.Suspect]; n > 0 {
		p.printf(", %d suspect", n)
	}
	if n := bad[result.Invalid]; n > 0 {
		p.printf(", %d invalid (left out of medians and verdicts where there are others)", n)
	}
	p.printf("\n")
	if s := insecure(r); s != "" {
		p.printf("  %s\n", s)
	}
	for _, o := range objections(r) {
		p.printf("  %s\n", o)
	}
}

// An objection is a reason that differs between repetitions in its figures alone.
type objection struct {
	kind, first string
	cells       []*result.Cell
	times       int
}

// String says where, how often and, for the first time, what.
func (o objection) String() string {
	of := 0
	for _, c := range o.cells {
		of += len(c.Repetitions)
	}
	where, what := o.cells[0].ID, o.first
	if more := len(o.cells) - 1; more > 0 {
		where = fmt.Sprintf("%s and %d more", where, more)
	}
	if o.times > 1 {
		what += " (the first of them)"
	}
	return fmt.Sprintf("%s, %d of %s: %s", where, o.times, result.Plural(of, "repetition"), what)
}

// objections gathers what speaks against the result, so that the same reason
// does not come once for each repetition.
func objections(r *result.Result) []*objection {
	var out []*objection
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			for _, reason := range rep.Validity.Reasons {
				k := kind(reason)
				i := slices.IndexFunc(out, func(o *objection) bool { return o.kind == k })
				if i < 0 {
					i, out = len(out), append(out, &objection{kind: k, first: result.Printable(reason)})
				}
				o := out[i]
				o.times++
				if len(o.cells) == 0 || o.cells[len(o.cells)-1] != c {
					o.cells = append(o.cells, c)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *objection) int { return cmp.Compare(result.Gravity(a.first), result.Gravity(b.first)) })
	return out
}

// kind is a reason without its figures and the prefixes of their units.
func kind(reason string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789.µnm", r) {
			return -1
		}
		return r
	}, reason)
}
