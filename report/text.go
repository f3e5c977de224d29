// Package report renders stored results for terminals and other programs. It also renders
// comparisons, calibrations, histories and the verdicts on the guide's claims. Everything it shows
// comes from results; it runs nothing.
package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// Text writes the report for a terminal: verdict and reasons, the protocols side by side, failures,
// and the guide's performance claims. It returns w's error.
func Text(w io.Writer, r *result.Result) error {
	p := &printer{w: w}
	p.validity(r)
	p.oracle(r)
	for _, g := range Groups(r) {
		p.printf("\n%s\n%s\n\n", g.Title, g.caption())
		opened := g.everOpened()
		if opened {
			p.printf("%s", g.table().text())
		}
		for _, c := range g.Cells {
			for _, t := range FailureLines(c.Cell, terminalExample) {
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
	p.appendix(r)
	return p.err
}

// A printer keeps the first error, so that callers need not check each call.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, strings.Map(printable, fmt.Sprintf(format, args...)))
	}
}

// printable drops control characters, because reports quote text from servers.
func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return -1
	}
	return r
}

// appendix prints the sections after the tables.
func (p *printer) appendix(r *result.Result) {
	p.section("Inherent differences", Notes(r))
	p.thresholds(r)
	p.claims(claims.Performance(r))
	p.environment(r)
}

// validity prints the verdict first, since it decides how far to trust everything else.
func (p *printer) validity(r *result.Result) {
	p.printf("%s", result.Worst(r))
	switch {
	case r.Unfinished:
		p.printf(" · the run did not end (killed or still going); completed repetitions only")
	case r.Interrupted:
		p.printf(" · interrupted; only measurements until then")
	}
	p.printf(" · %s\n", CountRepetitions(r))
	if s := Insecure(r); s != "" {
		p.printf("  %s\n", s)
	}
	for _, o := range Objections(r) {
		p.printf("  %s\n", o)
	}
}

// section prints a heading and indented lines, or nothing without lines.
func (p *printer) section(head string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.printf("\n%s\n", head)
	for _, line := range lines {
		p.printf("  %s\n", line)
	}
}

func (p *printer) thresholds(r *result.Result) {
	head, lines := Thresholds(r)
	p.section(head, lines)
}

func (p *printer) claims(list []claims.Claim) {
	if len(list) == 0 {
		return
	}
	const width = len(claims.NotTestable) // the longest verdict
	p.printf("\nThe guide's performance cells: gRPC very high, WebSockets high, SSE medium\n")
	for _, c := range list {
		p.printf("  %-*s %s\n", width, strings.ToUpper(string(c.Verdict)), c.Statement)
		if c.Measured != "" {
			p.printf("  %-*s measured, best first: %s\n", width, "", c.Measured)
		}
		for _, e := range c.Evidence {
			p.printf("  %-*s %s\n", width, "", e)
		}
	}
}
