package report

import (
	"cmp"
	"fmt"
	"slices"

	"rtbench/internal/lazyregexp"
	"rtbench/report/result"
)

// A Finding is a line about what the server, the load or the measurement lacks.
type Finding struct {
	Word result.Word
	Kind result.FindingKind
	// Percentile is the one that has too few messages; 0 for other findings.
	Percentile float64
	Text       string
}

// String returns the line with the title of its word.
func (f Finding) String() string { return f.Word.Title() + " · " + f.Text }

// Findings describes the findings of all cells, the most serious first. Those of repetitions that
// differ only in their numbers are one line, and so are all of a late, slow or paused generator. Percentiles
// with too few messages are those of cells.
func Findings(r *result.Result) []Finding {
	var kinds Grouped[string, finding]
	for _, f := range findingsOf(r.Cells...) {
		if f.Word != result.TooLittleData {
			kinds.Add(f.group(), f)
		}
	}
	var lines, notes []Finding
	for _, kind := range kinds.Keys {
		list := kinds.Of[kind]
		line := Finding{Word: list[0].Word, Kind: list[0].Kind, Text: describeFindings(list) + remedy(list[0].Kind)}
		if line.Word == "" {
			notes = append(notes, line)
			continue
		}
		lines = append(lines, line)
	}
	return slices.Concat(lines, shortages(r), notes)
}

// A finding is a finding about a repetition of a cell.
type finding struct {
	cell       *result.Cell
	repetition *result.Repetition
	result.Finding
	text string
}

// findingsOf returns the findings about the repetitions of cells, the most serious first.
func findingsOf(cells ...*result.Cell) []finding {
	var out []finding
	for c, r := range (&result.Result{Cells: cells}).Repetitions() {
		for _, f := range r.Validity.Findings {
			out = append(out, finding{c, r, f, result.Printable(f.Text())})
		}
	}
	slices.SortStableFunc(out, func(a, b finding) int { return cmp.Compare(a.Gravity(), b.Gravity()) })
	return out
}

// group returns what findings on one line have in common.
func (f finding) group() string {
	switch f.Kind {
	case result.SentLate, result.ReadSlowly, result.Paused:
		return string(f.Kind)
	}
	return string(f.Word) + withoutNumbers(f.text)
}

// remedies say what narrows a measurement's limits.
var remedies = map[result.FindingKind]string{
	result.SentLate:    "leave a core free for rtbench, or lower the rate",
	result.ReadSlowly:  "leave a core free for rtbench, or lower the rate",
	result.Paused:      "leave a core free for rtbench, and do not suspend it",
	result.OneAtATime:  "use more connections, or a lower rate",
	result.Busy:        "give rtbench more cores, or lower the load",
	result.CoresTaken:  "use a dedicated machine, or raise the CPU quota",
	result.NetworkLate: "leave a core free for the emulated network, or lengthen its delay",
	result.Unsteady:    "lengthen the warm-up, or lower the load",
}

func remedy(kind result.FindingKind) string {
	if text := remedies[kind]; text != "" {
		return " — " + text
	}
	return ""
}

// shortages returns a line for each percentile that cells have too few messages for, with the one
// that lacks most.
func shortages(r *result.Result) []Finding {
	type shortage struct {
		cell *result.Cell
		result.Shortage
	}
	var percentiles Grouped[float64, shortage]
	for _, c := range r.Cells {
		if c.Config.Read.Slow() {
			continue // its times say how slowly it reads
		}
		for _, s := range c.Shortages() {
			percentiles.Add(s.Percentile, shortage{c, s})
		}
	}
	slices.Sort(percentiles.Keys)
	var lines []Finding
	for _, p := range percentiles.Keys {
		list := percentiles.Of[p]
		most := slices.MaxFunc(list, func(a, b shortage) int { return cmp.Compare(a.Enough, b.Enough) })
		where := most.cell.ID
		if n := len(list) - 1; n > 0 {
			where += " and " + result.Plural(n, "more cell")
		}
		lines = append(lines, Finding{Word: result.TooLittleData, Percentile: p, Text: where + ": " + most.Text()})
	}
	return lines
}

// describeFindings names the cells, counts the repetitions and quotes the first finding.
func describeFindings(list []finding) string {
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
	numberPattern = lazyregexp.New(`[0-9][0-9.,]*( [nµm]?s\b)?`)
	pluralPattern = lazyregexp.New(`# ([a-z]+?)s?\b`)
)

func withoutNumbers(reason string) string {
	return pluralPattern.ReplaceAllString(numberPattern.ReplaceAllString(reason, "#"), "# $1")
}
