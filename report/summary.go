package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// Summary writes the first screen of a result: what failed, what was measured, an answer and a table
// for each pattern, the thresholds with their values, and how far to trust them. It fits the width of
// the terminal, or 80 columns if w is none; names of scenarios and protocols are never shortened. It
// returns w's error.
func Summary(w io.Writer, r *result.Result) error {
	p := &printer{w: w, width: widthOf(w)}
	if r.Search != nil {
		p.searchSummary(r)
	} else {
		p.summary(r)
	}
	return p.err
}

func (p *printer) summary(r *result.Result) {
	all := Groups(r)
	tables, effects := summaryTables(all), effectViews(r, false, terminalExample)
	shared := sharedParts(tables)
	p.failed(r)
	if s := Insecure(r); s != "" {
		p.paragraph("  ", strings.ToUpper(s[:1])+s[1:]+".")
	}
	if len(tables) == 0 {
		p.printf("Nothing was measured.\n")
	}
	if len(tables) > 0 {
		p.paragraph("", commonTitle(tables, shared))
		p.paragraph("", howOften(r)+". "+Basis(tables[0].groups[0].Config()))
	}
	p.effects(effects)
	advice := Certainty(r)
	for _, t := range tables {
		if hasEffect(effects, t) {
			p.whyUnknown(t)
			p.notes(t)
			continue
		}
		p.printf("\n")
		if len(t.columns()) == 0 {
			p.paragraph("  ", t.label(shared)+": "+t.nothing())
			p.whyUnknown(t)
			continue
		}
		answer := t.answer()
		if advice != "" && strings.Contains(answer, undecidedAside) { // say it there, which saves a line
			answer, advice = strings.Replace(answer, undecidedAside, "(undecided: try --profile release)", 1), ""
		}
		p.paragraph("  ", strings.TrimSuffix(t.label(shared)+": "+answer, ": "))
		p.printf("%s", t.fit(p.width).text())
		p.whyUnknown(t)
		p.notes(t)
		p.split(t.split)
		p.burstsBriefly(t.groups)
		p.tokensBriefly(t.groups)
		p.kindsBriefly(t.groups)
		p.serverBriefly(t.groups)
		p.connectingBriefly(t.groups)
		p.joinsBriefly(t.groups, all)
		for _, g := range t.groups {
			p.storms(g, cutBriefly)
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
	p.paragraph("  ", ProfileFiles(r))
	p.paragraph("  ", strings.TrimSpace(advice+" "+trust(r, tables, p.shown)))
}

// whyUnknown explains why the values that decide are missing.
func (p *printer) whyUnknown(t *summaryTable) {
	var kinds Grouped[result.FindingKind, string]
	texts := map[result.FindingKind]string{}
	for _, g := range t.groups {
		for _, c := range g.Cells {
			if f, ok := whyUnknown(c, t.columns()); ok {
				kinds.Add(f.Kind, c.Config.Protocol)
				texts[f.Kind] = cmp.Or(texts[f.Kind], f.text)
			}
		}
	}
	for _, kind := range kinds.Keys {
		names, example := result.Unique(kinds.Of[kind]), ""
		if len(kinds.Of[kind]) > 1 {
			example = "for example, "
		}
		p.paragraph("    ", "  ! "+strings.Join(names, ", ")+": "+example+texts[kind])
	}
}

// WhyUnknown explains why the value of a cell that decides is missing, unless Failed has it; at most one line.
func WhyUnknown(c metric.Cell, columns []Column) []string {
	if f, ok := whyUnknown(c, columns); ok {
		return []string{c.Config.Protocol + ": " + f.text}
	}
	return nil
}

// whyUnknown returns the finding because of which the time or throughput of a cell is not reported, or the most
// serious one if it has no value in any of the columns.
func whyUnknown(c metric.Cell, columns []Column) (f finding, ok bool) {
	speed, _ := criteria(c.Config)
	list := findingsOf(c.Cell)
	if speed.Text(c) != result.Unknown || len(list) == 0 || first(list[0].Word, list[0].Kind) {
		return f, false
	}
	name := result.ThroughputMetric
	if speed.Percentile > 0 {
		name = result.MetricName(speed.Percentile)
	}
	for _, f := range list {
		if slices.Contains(f.Unusable, name) && !f.AtMost && !f.repetition.Validity.Discarded {
			return f, true
		}
	}
	known := slices.ContainsFunc(columns, func(col Column) bool { return col.By.Text(c) != result.Unknown })
	return list[0], !known
}

// mostLines is the number of lines about failures on the first screen, and of notes on one of its tables.
const mostLines = 4

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
		if c.Config.Read.Slow() && c.Word() != result.ServerFailed {
			continue // the server may drop slow readers
		}
		if len(list) == 0 && len(lines) == 0 && c.Word() == result.ServerFailed {
			list = []string{c.Config.Protocol + ": " + findingsOf(c)[0].text}
		}
		for _, line := range list {
			lines = append(lines, cmp.Or(c.Config.Group, c.Config.Pattern)+" over "+line)
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
	p.firstOf(lines)
	p.printf("\n")
}

// firstOf prints the first lines of a list, and how many more there are.
func (p *printer) firstOf(lines []string) {
	for _, line := range lines[:min(mostLines, len(lines))] {
		p.paragraph("    ", "  "+line)
	}
	if more := len(lines) - mostLines; more > 0 {
		p.printf("  and %s (--verbose)\n", result.Plural(more, "more line"))
	}
}

// paragraph prints text wrapped to the width, with further lines indented; nothing without text.
func (p *printer) paragraph(indent, text string) {
	words := strings.Fields(text)
	for i := len(words) - 1; i > 0; i-- {
		if strings.HasPrefix(words[i], "%") { // stays with its number
			words = slices.Replace(words, i-1, i+1, words[i-1]+" "+words[i])
		}
	}
	if len(words) == 0 {
		return
	}
	line := text[:strings.Index(text, words[0])] + words[0]
	for _, word := range words[1:] {
		if columns(line)+1+columns(word) > p.width {
			p.printf("%s\n", line)
			line = indent + word
			continue
		}
		line += " " + word
	}
	p.printf("%s\n", line)
}

// commonTitle describes the measurement by the parts that all tables have in common, without the pattern, which
// each of them names.
func commonTitle(tables []*summaryTable, shared [len(parts{})]bool) string {
	first := partsOf(tables[0].groups[0].Config())
	var common parts
	for i, is := range shared {
		switch {
		case i == patternPart:
		case is:
			common[i] = first[i]
		case i == ratePart:
			common[i] = strings.TrimSuffix(strings.Join(commonWords(tables, i), " "), ",")
		}
	}
	common[scenarioPart] = "" // howOften has it
	if c := tables[0].groups[0].Config(); common[ratePart] != "" && c.Group == "" && c.Model == "open" {
		common[ratePart] += " in all"
	}
	if common[stackPart] == "stack "+proto.Stock {
		common[stackPart] = "stock libraries"
	}
	return common.title()
}

// commonWords returns the words of a part that all groups have at the same place, with or without commas.
func commonWords(tables []*summaryTable, part int) (words []string) {
	for at, word := range wordsOf(tables[0].groups[0], part) {
		differs := slices.ContainsFunc(tables, func(t *summaryTable) bool {
			return slices.ContainsFunc(t.groups, func(g *Group) bool {
				other := wordsOf(g, part)
				return at >= len(other) || strings.TrimSuffix(other[at], ",") != strings.TrimSuffix(word, ",")
			})
		})
		if !differs {
			words = append(words, word)
		}
	}
	return words
}

func wordsOf(g *Group, part int) []string { return strings.Fields(partsOf(g.Config())[part]) }

// startedHere reports whether rtbench started all servers itself, and no agents took part.
func startedHere(r *result.Result) bool {
	for c, rep := range r.Repetitions() {
		if c.Config.Target != "" || c.Config.API == "custom" || len(rep.Agents) > 0 {
			return false
		}
	}
	return true
}

// howOften says how often and for how long each cell was measured.
func howOften(r *result.Result) string {
	most, steady := 0, time.Duration(0)
	for _, c := range r.Cells {
		most, steady = max(most, len(c.Repetitions)), max(steady, c.Config.Steady)
	}
	text := fmt.Sprintf("%d × %v", most, steady)
	if name := r.Cells[0].Config.Scenario; !slices.ContainsFunc(r.Cells, func(c *result.Cell) bool { return c.Config.Scenario != name }) {
		text = "Scenario " + name + ", " + text
	}
	if r.Environment.Cores > 0 && startedHere(r) {
		text += fmt.Sprintf(", both ends on %s", result.Plural(r.Environment.Cores, "core"))
	}
	return text
}
