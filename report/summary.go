package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rtbench/report/result"
)

// Summary writes the first screen of a result: what failed, what was measured, an answer and a table
// for each pattern, the thresholds with their values, and how far to trust them. It fits the width of
// the terminal, or 80 columns if w is none; names of scenarios and protocols are never shortened. It
// returns w's error.
func Summary(w io.Writer, r *result.Result) error {
	p := &printer{w: w, width: widthOf(w)}
	p.summary(r)
	return p.err
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
			p.whyUnknown(t)
			continue
		}
		p.paragraph("  ", strings.TrimSuffix(t.label(shared)+": "+t.answer(), ": "))
		p.printf("%s", t.fit(p.width).text())
		p.whyUnknown(t)
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
	p.trust(r, tables)
}

// whyUnknown explains rows without any value by the most serious finding of their cells.
func (p *printer) whyUnknown(t *summaryTable) {
	for _, c := range t.unknownCells() {
		if list := findingsOf(c.Cell); len(list) > 0 && !first(list[0].Word, list[0].Kind) {
			p.paragraph("    ", "! "+c.Config.Protocol+": "+list[0].text)
		}
	}
}

// mostFailures is the number of lines about failures on the first screen.
const mostFailures = 4

// first reports whether a finding is told before everything else.
func first(w result.Word, kind result.FindingKind) bool {
	return kind == result.ServerGone || kind == result.RepetitionFailed || w == result.NotGenerated
}

// failed prints what the servers did wrong, before everything else.
func (p *printer) failed(r *result.Result) {
	var lines []string
	for _, f := range Findings(r) {
		if first(f.Word, f.Kind) {
			lines = append(lines, f.Text)
		}
	}
	for _, c := range r.Cells {
		list := FailureLines(c, terminalExample)
		if len(list) == 0 && len(lines) == 0 && c.Word() == result.ServerFailed {
			list = []string{c.Config.Protocol + ": " + findingsOf(c)[0].text}
		}
		for _, line := range list {
			lines = append(lines, c.Config.Pattern+" over "+line)
		}
	}
	if len(lines) == 0 {
		return
	}
	head := result.ServerFailed
	if w := r.Word(); w == result.NotGenerated {
		head = w
	}
	p.printf("%s\n", strings.ToUpper(head.Title()))
	for _, line := range lines[:min(mostFailures, len(lines))] {
		p.paragraph("    ", "  "+line)
	}
	if more := len(lines) - mostFailures; more > 0 {
		p.printf("  and %s (--verbose)\n", result.Plural(more, "more line"))
	}
	p.printf("\n")
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

// trust prints which values are good and which are limited, why, and what to do about it.
func (p *printer) trust(r *result.Result, tables []*summaryTable) {
	shown := func(mark string) bool {
		return slices.ContainsFunc(tables, func(t *summaryTable) bool { return t.shows(mark) })
	}
	var parts []string
	switch {
	case r.Unfinished:
		parts = append(parts, "The run did not end: only completed repetitions are shown.")
	case r.Interrupted:
		parts = append(parts, "The run was interrupted: only what was measured until then is shown.")
	}
	if n := r.Discards(); n > 0 {
		parts = append(parts, result.Plural(n, "repetition")+" not used.")
	}
	limit, why := limits(r)
	switch {
	case shown(result.AtMost):
		parts = append(parts, "≤ is an upper bound"+why+". CPU and bytes are good.")
	case limit:
		parts = append(parts, "Some repetitions are limited"+why+".")
	case len(tables) > 0 && len(parts) == 0:
		parts = append(parts, "All values are good.")
	}
	for _, s := range shortages(r) {
		if strings.Contains(s.Text, " p99 ") || strings.Contains(s.Text, " p50 ") {
			parts = append(parts, "Too little data: "+s.Text+".")
		}
	}
	p.paragraph("  ", strings.Join(parts, " "))
}

// limits reports whether the measurement is limited, with the most frequent cause and its remedy.
func limits(r *result.Result) (limited bool, why string) {
	var kinds Grouped[result.FindingKind, bool]
	for _, f := range findingsOf(r.Cells...) {
		if f.Word == result.Limited && !f.repetition.Validity.Discarded {
			limited = true
			kinds.Add(f.Kind, true)
		}
	}
	var most result.FindingKind
	for _, kind := range kinds.Keys {
		if causes[kind] != "" && len(kinds.Of[kind]) > len(kinds.Of[most]) {
			most = kind
		}
	}
	if most == "" {
		return limited, ""
	}
	return limited, ": " + causes[most] + " (" + remedies[most] + ")"
}

// causes say briefly what limits a measurement.
var causes = map[result.FindingKind]string{
	result.SentLate:   "rtbench sent some messages late",
	result.ReadSlowly: "rtbench read some replies late",
	result.Paused:     "rtbench was stopped or got no CPU for a while",
	result.Busy:       "rtbench itself was short of CPU",
	result.CoresTaken: "other processes took the cores",
	result.Unsteady:   "the times still changed during the measurement",
}
