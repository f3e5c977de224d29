package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// A GuideFormat renders the verdicts on the guide's claims.
type GuideFormat struct {
	Name  string // value of --format
	About string // for help texts
	Write func(io.Writer, []claims.Claim, *result.Evidence) error
}

// GuideFormats lists the formats, the default first.
var GuideFormats = []GuideFormat{
	{"text", "the guide's table and a paragraph for each cell, for a terminal", GuideText},
	{"md", "the same in Markdown", GuideMarkdown},
	{"json", "the claims as data", GuideJSON},
}

// GuideText writes the guide's table with the verdicts, and for each cell its test, rule, evidence
// and files. It returns w's error.
func GuideText(w io.Writer, list []claims.Claim, e *result.Evidence) error {
	p := &printer{w: w}
	p.printf("%s", guideTable(list).text())
	p.printf("\n%s\n", guideCount(list))
	for _, c := range list {
		p.printf("\n%s  %s: %s\n", c.ID, c.Statement, strings.ToUpper(string(c.Verdict)))
		p.wrapped("  ", "Test: "+c.Test)
		p.wrapped("  ", "Rule: "+c.Rule+".")
		for _, s := range c.Evidence {
			p.wrapped("  · ", s)
		}
		if len(c.Files) > 0 {
			p.printf("  Files: %s\n", strings.Join(c.Files, ", "))
		}
	}
	p.evidenceEnvironment(e)
	return p.err
}

// GuideMarkdown is GuideText in Markdown.
func GuideMarkdown(w io.Writer, list []claims.Claim, e *result.Evidence) error {
	p := &printer{w: w}
	p.printf("%s\n%s\n", guideTable(list).markdown(), guideCount(list))
	for _, c := range list {
		p.printf("\n### %s: “%s” is %s\n\n%s\n\n*Rule:* %s.\n\n", c.ID, c.Statement, c.Verdict, c.Test, c.Rule)
		for _, s := range c.Evidence {
			p.printf("- %s\n", strings.ReplaceAll(s, "|", "\\|"))
		}
		if len(c.Files) > 0 {
			p.printf("\nFiles: `%s`\n", strings.Join(c.Files, "`, `"))
		}
	}
	p.evidenceEnvironment(e)
	return p.err
}

// GuideJSON writes the claims as a JSON array.
func GuideJSON(w io.Writer, list []claims.Claim, _ *result.Evidence) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}

// guideTable returns the guide's table with verdicts. Cells that were not judged are empty.
func guideTable(list []claims.Claim) *table {
	t := &table{left: true}
	head := []string{"the guide says"}
	for _, p := range claims.Protocols {
		head = append(head, p.Name)
	}
	t.add(head...)
	t.addRule()
	for _, f := range claims.Features {
		row := []string{f.Name}
		for _, p := range claims.Protocols {
			cell := ""
			if i := slices.IndexFunc(list, func(c claims.Claim) bool { return c.ID == f.ID+"/"+p.ID }); i >= 0 {
				cell = fmt.Sprintf("%s: %s", list[i].Statement, list[i].Verdict)
			}
			row = append(row, cell)
		}
		t.add(row...)
	}
	return t
}

func guideCount(list []claims.Claim) string {
	count := map[claims.Verdict]int{}
	for _, c := range list {
		count[c.Verdict]++
	}
	var parts []string
	for _, v := range []claims.Verdict{claims.Confirmed, claims.Refuted, claims.Inconclusive, claims.NotTestable} {
		if count[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[v], v))
		}
	}
	return fmt.Sprintf("Of %s: %s", result.Plural(len(list), "claim"), strings.Join(parts, ", "))
}

// wrapped prints a paragraph of at most 100 columns that starts with mark and is indented below it.
func (p *printer) wrapped(mark, text string) {
	const width = 100
	line, indent := mark, strings.Repeat(" ", len([]rune(mark)))
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > width {
			p.printf("%s\n", line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	p.printf("%s\n", line)
}

// evidenceEnvironment prints the environment of the first suite of measurements.
func (p *printer) evidenceEnvironment(e *result.Evidence) {
	for _, name := range claims.Evidence(claims.Cells) {
		if r := e.Suites[name]; r != nil {
			p.environment(r)
			return
		}
	}
}
