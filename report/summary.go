package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
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
	if len(tables) > 0 {
		p.paragraph("", "Rates are totals; CPU and wire bytes are per message.")
	}
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
		if split := t.split(metric.For(quantity.ServerCPU)); len(split.Rows) > 0 {
			p.printf("%s", split.table(p.width).text())
		}
		for _, line := range t.charts() {
			p.printf("  %s\n", line)
		}
	}
	if lines := ThresholdLines(r); len(lines) > 0 {
		p.printf("\n")
		for _, line := range lines {
			p.paragraph("  ", line)
		}
	}
	p.printf("\n")
	p.paragraph("  ", Trust(r))
}

// whyUnknown explains rows without any value.
func (p *printer) whyUnknown(t *summaryTable) {
	for _, g := range t.groups {
		for _, c := range g.Cells {
			for _, line := range WhyUnknown(c, t.columns()) {
				p.paragraph("    ", "! "+line)
			}
		}
	}
}

// WhyUnknown explains a cell without a value in any of the columns by its most serious finding, unless
// Failed has it; at most one line.
func WhyUnknown(c metric.Cell, columns []Column) []string {
	if slices.ContainsFunc(columns, func(col Column) bool { return col.By.Text(c) != result.Unknown }) {
		return nil
	}
	list := findingsOf(c.Cell)
	if len(list) == 0 || first(list[0].Word, list[0].Kind) {
		return nil
	}
	return []string{c.Config.Protocol + ": " + list[0].text}
}

// mostFailures is the number of lines about failures on the first screen.
const mostFailures = 4

// first reports whether a finding is told before everything else.
func first(w result.Word, kind result.FindingKind) bool {
	return kind == result.ServerGone || kind == result.RepetitionFailed || w == result.NotGenerated
}

// Failed returns what the servers did wrong, or what of the load was not generated: a title and lines
// with counts and examples of up to the given length. Both are empty if all went well.
func Failed(r *result.Result, example int) (title string, lines []string) {
	for _, f := range Findings(r) {
		if first(f.Word, f.Kind) {
			lines = append(lines, f.Text)
		}
	}
	for _, c := range r.Cells {
		list := FailureLines(c, example)
		if len(list) == 0 && len(lines) == 0 && c.Word() == result.ServerFailed {
			list = []string{c.Config.Protocol + ": " + findingsOf(c)[0].text}
		}
		for _, line := range list {
			lines = append(lines, c.Config.Pattern+" over "+line)
		}
	}
	if len(lines) == 0 {
		return "", nil
	}
	if w := r.Word(); w == result.NotGenerated {
		return w.Title(), lines
	}
	return result.ServerFailed.Title(), lines
}

// failed prints what failed, before everything else.
func (p *printer) failed(r *result.Result) {
	title, lines := Failed(r, terminalExample)
	if title == "" {
		return
	}
	p.printf("%s\n", strings.ToUpper(title))
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

// Trust says which values of the first screen are good and which are limited, why, and what to do
// about it.
func Trust(r *result.Result) string {
	tables := summaryTables(Groups(r))
	bounded := slices.ContainsFunc(tables, func(t *summaryTable) bool { return t.shows(result.AtMost) })
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
	case bounded:
		parts = append(parts, "≤ is an upper bound"+why+". CPU and bytes are reliable.")
	case limit:
		parts = append(parts, "Some repetitions are limited"+why+".")
	case len(tables) > 0 && len(parts) == 0:
		parts = append(parts, "Every value is reliable.")
	}
	for _, s := range shortages(r) {
		if strings.Contains(s.Text, " p99 ") || strings.Contains(s.Text, " p50 ") {
			parts = append(parts, "Too little data: "+s.Text+".")
		}
	}
	return strings.Join(parts, " ")
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
