package report

import (
	"fmt"
	"io"
	"strings"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// A Guide holds verdicts on the guide's claims with their evidence.
type Guide struct {
	Claims   []claims.Claim
	Evidence *result.Evidence
}

// GuideText writes the guide's table with the verdicts, and for each cell its test, rule, evidence
// and files. It returns w's error.
func GuideText(w io.Writer, g Guide) error {
	p, list := &printer{w: w}, g.Claims
	p.printf("%s", guideTable(list).text())
	p.printf("\n%s\n", GuideCount(list))
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
	p.evidenceEnvironment(g.Evidence)
	return p.err
}

// GuideMarkdown is GuideText in Markdown.
func GuideMarkdown(w io.Writer, g Guide) error {
	p, list := &printer{w: w}, g.Claims
	p.printf("%s\n%s\n", guideTable(list).markdown(), GuideCount(list))
	for _, c := range list {
		p.printf("\n### %s: “%s” is %s\n\n%s\n\n*Rule:* %s.\n\n", c.ID, c.Statement, c.Verdict, c.Test, c.Rule)
		for _, s := range c.Evidence {
			p.printf("- %s\n", strings.ReplaceAll(s, "|", "\\|"))
		}
		if len(c.Files) > 0 {
			p.printf("\nFiles: `%s`\n", strings.Join(c.Files, "`, `"))
		}
	}
	p.evidenceEnvironment(g.Evidence)
	return p.err
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
			if c, judged := claims.Find(list, f.ID, p.ID); judged {
				cell = fmt.Sprintf("%s: %s", c.Statement, c.Verdict)
			}
			row = append(row, cell)
		}
		t.add(row...)
	}
	return t
}

// GuideCount counts the claims by verdict.
func GuideCount(list []claims.Claim) string {
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
