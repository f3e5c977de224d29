package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rtbench/report/result"
)

// DefaultWidth is the width of output that is not for a terminal, in columns.
const DefaultWidth = 80

// minWidth is the smallest width for which lines are wrapped.
const minWidth = 30

// Summary returns a function that writes the first screen of a result in at most width columns: what
// was measured, failures, an answer and a table for each pattern, the thresholds with their values,
// and how far to trust them. Names of scenarios and protocols are never shortened.
func Summary(width int) func(io.Writer, *result.Result) error {
	return func(w io.Writer, r *result.Result) error {
		p := &printer{w: w, width: max(width, minWidth)}
		p.summary(r)
		return p.err
	}
}

func (p *printer) summary(r *result.Result) {
	tables := summaryTables(Groups(r))
	shared := sharedPieces(tables)
	if s := Insecure(r); s != "" {
		p.paragraph("", s)
	}
	p.failed(r)
	if len(tables) == 0 {
		p.printf("Nothing was measured.\n")
	}
	p.paragraph("", measuredLine(r, tables, shared))
	for _, t := range tables {
		p.printf("\n")
		if len(t.columns()) == 0 {
			p.paragraph("  ", t.label(shared)+": nothing was measured.")
			continue
		}
		p.paragraph("  ", strings.TrimSuffix(t.label(shared)+": "+t.answer(), ": "))
		p.printf("%s", t.fit(p.width).text())
		for _, line := range t.charts() {
			p.printf("  %s\n", line)
		}
	}
	if lines := Thresholds(r); len(lines) > 0 {
		p.printf("\n")
		for _, line := range lines[1:] {
			p.paragraph("  ", line)
		}
	}
	p.printf("\n")
	p.paragraph("", trustLine(r, tables))
}

// failed prints what the servers did wrong, before everything else.
func (p *printer) failed(r *result.Result) {
	var lines []string
	for _, c := range r.Cells {
		for _, line := range FailureLines(c, terminalExample) {
			lines = append(lines, "! "+c.Config.Pattern+" over "+line)
		}
	}
	const most = 4
	for _, line := range lines[:min(most, len(lines))] {
		p.paragraph("  ", line)
	}
	if more := len(lines) - most; more > 0 {
		p.printf("! and %s (--verbose)\n", result.Plural(more, "more line"))
	}
	if len(lines) > 0 {
		p.printf("\n")
	}
}

// paragraph prints text wrapped to the width, with further lines indented; nothing without text.
func (p *printer) paragraph(indent, text string) {
	line := ""
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line = word
		case columns(line)+1+columns(word) > p.width:
			p.printf("%s\n", line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	if line != "" {
		p.printf("%s\n", line)
	}
}

// measuredLine says what was measured: what all tables have in common, and how long.
func measuredLine(r *result.Result, tables []*summaryTable, shared []int) string {
	var parts []string
	for _, i := range shared {
		parts = append(parts, tables[0].pieces[0][i])
	}
	most, steady := 0, time.Duration(0)
	for _, c := range r.Cells {
		most, steady = max(most, len(c.Repetitions)), max(steady, c.Config.Steady)
	}
	if most > 0 {
		parts = append(parts, fmt.Sprintf("%d × %v", most, steady))
	}
	return strings.Join(parts, " · ")
}

// trustLine says which values are good and which are limited, and why.
func trustLine(r *result.Result, tables []*summaryTable) string {
	var parts []string
	shown := func(prefix string) bool {
		return slices.ContainsFunc(tables, func(t *summaryTable) bool { return t.shows(prefix) })
	}
	parts = append(parts, Coverage(r)+".")
	if shown(result.AtMost) {
		parts = append(parts, "≤: upper bounds, because rtbench itself was late; CPU and bytes are good.")
	}
	if shown(result.Unknown) {
		parts = append(parts, "–: not known.")
	}
	return strings.Join(parts, " ")
}
