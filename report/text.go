// Package report renders stored results for terminals and other programs. It also renders
// comparisons, calibrations, histories and the verdicts on the guide's claims. Everything it shows
// comes from results; it runs nothing.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"rtbench/report/claims"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// Details writes the full report for a terminal: the findings, the protocols side by side, failures,
// and the guide's performance claims. It returns w's error.
func Details(w io.Writer, r *result.Result) error {
	p := &printer{w: w}
	if r.Search != nil {
		p.width = widthOf(w)
		p.searchDetails(r)
		return p.err
	}
	p.findings(r)
	p.oracle(r)
	p.effectsInFull(effectViews(r, true, terminalExample))
	p.groups(r)
	p.splits(r)
	p.appendix(r)
	return p.err
}

// Markdown writes the report of Details for a pull request or the summary of a CI job
// ($GITHUB_STEP_SUMMARY): the findings and the failed thresholds, then the tables,
// then the rest as preformatted text in a collapsed section. It returns w's error.
func Markdown(w io.Writer, r *result.Result) error {
	p := &printer{w: w, markdown: true}
	if r.Search != nil {
		p.searchMarkdown(r)
		return p.err
	}
	p.findings(r)
	if slices.ContainsFunc(r.Thresholds(), func(t *result.Threshold) bool { return !t.Holds }) {
		p.thresholds(r)
	}
	p.effectsInFull(effectViews(r, true, PageExample))
	p.groups(r)
	p.splits(r)
	var rest strings.Builder
	(&printer{w: &rest}).appendix(r)
	p.printf("\n<details>\n<summary>Inherent differences, thresholds, claims, environment</summary>\n\n")
	p.preformatted(rest.String())
	p.printf("\n</details>\n")
	return p.err
}

// groups prints the tables and failures of each group.
func (p *printer) groups(r *result.Result) {
	all := Groups(r)
	for _, g := range all {
		p.title(g.Title, g.caption())
		opened := g.EverOpened()
		if opened {
			p.table("", g.table())
		}
		var failures, notes []string
		for _, c := range g.Cells {
			failures = append(failures, FailureLines(c.Cell, p.exampleLength())...)
			notes = append(notes, NoteLines(c.Cell, p.exampleLength())...)
		}
		p.list("! ", failures)
		p.section("Notes", notes)
		if !opened {
			continue
		}
		if t := g.arrivals(); t != nil {
			p.table(arrivalsCaption, t)
			p.list("", g.ArrivalNotes(func(i int) string { return g.Cells[i].Config.Protocol }))
		}
		if t := g.tokens(false); t != nil {
			p.table(TokensCaption, t)
			p.list("", g.AnswerNotes(func(i int) string { return g.Cells[i].Config.Protocol }))
		}
		if t := g.bursts(false); t != nil {
			p.table(BurstsCaption, t)
		}
		p.storms(g, inFull)
		if t := g.kinds(); t != nil {
			p.table(KindsCaption, t)
		}
		if t := g.serverMetrics(); t != nil {
			p.table(ServerCaption, t)
			p.list("", g.ServerMetricsNotes())
		}
		if t := g.connecting(metric.Connecting); t != nil {
			p.table(ConnectingCaption, t)
		}
		p.churn(g, all)
		p.table(g.precision())
	}
}

// appendix prints the sections after the tables.
func (p *printer) appendix(r *result.Result) {
	p.loadCharts(r)
	p.section("Inherent differences", Notes(r))
	p.thresholds(r)
	p.claims(claims.Performance(r))
	p.agents(r)
	p.environment(r)
}

// findings prints what the server, the load and the measurement lack first, since it decides how far
// to trust everything else.
func (p *printer) findings(r *result.Result) {
	for _, f := range Findings(r) {
		p.point(f.Word.Title(), f.Text)
	}
	if s := Insecure(r); s != "" {
		p.point("insecure", s)
	}
	p.point("measured", Coverage(r))
}

// section prints a heading and lines, or nothing without lines.
func (p *printer) section(head string, lines []string) {
	if len(lines) > 0 {
		p.printf("\n")
		p.lead(head, "", lines)
	}
}

func (p *printer) thresholds(r *result.Result) {
	if lines := Thresholds(r); len(lines) > 0 {
		p.section(lines[0], lines[1:])
	}
}

func (p *printer) claims(list []claims.Claim) {
	if len(list) == 0 {
		return
	}
	const width = len(claims.NotTestable) // the longest verdict
	p.printf("\nThe guide's performance cells, judged by this result\n")
	for _, c := range list {
		p.printf("  %-*s %s: %s\n", width, strings.ToUpper(string(c.Verdict)), c.ID, c.Statement)
		for _, line := range c.Summary {
			p.wrapped(fmt.Sprintf("  %-*s ", width, ""), line)
		}
	}
}
