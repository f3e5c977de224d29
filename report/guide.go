package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// A Guide holds verdicts on the guide's claims with their evidence.
type Guide struct {
	Claims   []claims.Claim
	Evidence *result.Evidence
}

// guide prints the guide's table with the verdicts, and for each cell its test, rule, evidence and
// files.
func (p *printer) guide(g Guide) {
	p.table("", guideTable(g.Claims))
	p.printf("\n%s\n", GuideCount(g.Claims))
	for _, c := range g.Claims {
		test := []string{"Test: " + c.Test, "Rule: " + c.Rule + "."}
		var files []string
		if len(c.Files) > 0 {
			files = []string{"Files: " + strings.Join(c.Files, ", ")}
		}
		if p.markdown {
			p.printf("\n### %s: “%s” %s\n", c.ID, escape(c.Statement), predicate(c.Verdict))
			p.list("", slices.Concat(test, c.Summary, c.Evidence, files))
			continue
		}
		p.printf("\n%s  %s: %s\n", c.ID, c.Statement, strings.ToUpper(string(c.Verdict)))
		p.wrapped("  ", test...)
		p.wrapped("  ", c.Summary...)
		p.wrapped("  · ", c.Evidence...)
		p.wrapped("  ", files...)
	}
	p.evidenceEnvironment(g.Evidence)
}

// marks stand before what the guide says, by verdict.
var marks = map[claims.Verdict]string{claims.Confirmed: "✓", claims.Refuted: "✗", claims.Depends: "~", claims.Inconclusive: "?", claims.NotTestable: "·"}

// GuideSummary writes the first screen of verdicts, as wide as the terminal: their count, the guide's
// table with a mark in each cell, and the reasons of those that surprise. It returns w's error.
func GuideSummary(w io.Writer, g Guide) error {
	p := &printer{w: w, width: widthOf(w)}
	p.guideSummary(g)
	return p.err
}

func (p *printer) guideSummary(g Guide) {
	p.paragraph("  ", countClaims(g.Claims, func(v claims.Verdict) string { return " (" + marks[v] + ")" })+".")
	p.printf("\n")
	p.guideMarks(g.Claims)
	for _, c := range g.Claims {
		if c.Verdict != claims.Refuted && c.Verdict != claims.Depends || c.Reason() == "" {
			continue
		}
		p.printf("\n")
		reason := strings.TrimSuffix(c.Reason(), ".")
		if c.Verdict == claims.Refuted {
			reason = predicate(c.Verdict) + ": " + reason
		}
		p.paragraph("  ", fmt.Sprintf("%s %s “%s” %s.", marks[c.Verdict], c.ID, c.Statement, reason))
	}
	var untested Grouped[string, string]
	for _, c := range g.Claims {
		if c.Verdict == claims.NotTestable && len(c.Evidence) > 0 {
			untested.Add(c.Evidence[0], c.ID)
		}
	}
	for _, why := range untested.Keys {
		p.printf("\n")
		p.paragraph("  ", fmt.Sprintf("%s not testable here: %s: %s", marks[claims.NotTestable], strings.Join(untested.Of[why], ", "), why))
	}
}

// predicate returns a verdict as the predicate of a sentence about a claim.
func predicate(v claims.Verdict) string {
	if v == claims.Depends {
		return string(v)
	}
	return "is " + string(v)
}

// guideMarks prints the guide's table with a mark in each cell, or a list if the width is too small.
func (p *printer) guideMarks(list []claims.Claim) {
	t := &table{left: true}
	head := []string{""}
	for _, of := range claims.Protocols {
		head = append(head, of.Name)
	}
	t.add(head...)
	for i, claimed := range claims.Rows(list) {
		row := []string{claims.Features[i].Name}
		for _, c := range claimed {
			cell := ""
			if c.ID != "" {
				cell = marks[c.Verdict] + " " + c.Statement
			}
			row = append(row, cell)
		}
		t.add(row...)
	}
	if t.width() <= p.width {
		p.printf("%s", t.text())
		return
	}
	for _, c := range list {
		p.paragraph("  ", marks[c.Verdict]+" "+c.ID+": "+c.Statement)
	}
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
	for i, claimed := range claims.Rows(list) {
		row := []string{claims.Features[i].Name}
		for _, c := range claimed {
			cell := ""
			if c.ID != "" {
				cell = fmt.Sprintf("%s: %s", c.Statement, c.Verdict)
			}
			row = append(row, cell)
		}
		t.add(row...)
	}
	return t
}

// GuideCount counts the claims by verdict; empty without claims.
func GuideCount(list []claims.Claim) string {
	return countClaims(list, func(claims.Verdict) string { return "" })
}

// countClaims counts the claims by verdict, each followed by its mark.
func countClaims(list []claims.Claim, mark func(claims.Verdict) string) string {
	count := map[claims.Verdict]int{}
	for _, c := range list {
		count[c.Verdict]++
	}
	var parts []string
	for _, v := range []claims.Verdict{claims.Confirmed, claims.Refuted, claims.Depends, claims.Inconclusive, claims.NotTestable} {
		switch n := count[v]; {
		case n > 1 && v == claims.Depends:
			parts = append(parts, fmt.Sprintf("%d depend%s", n, mark(v)))
		case n > 0:
			parts = append(parts, fmt.Sprintf("%d %s%s", n, v, mark(v)))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("Of %s: %s", result.Plural(len(list), "claim"), strings.Join(parts, ", "))
}

// wrapped prints paragraphs of at most 100 columns that start with mark and are indented below it.
func (p *printer) wrapped(mark string, paragraphs ...string) {
	const width = 100
	indent := strings.Repeat(" ", utf8.RuneCountInString(mark))
	for _, text := range paragraphs {
		line, space := mark, ""
		for _, word := range strings.Fields(text) {
			if space != "" && utf8.RuneCountInString(line+space+word) > width {
				p.printf("%s\n", line)
				line, space = indent, ""
			}
			line, space = line+space+word, " "
		}
		p.printf("%s\n", line)
	}
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
