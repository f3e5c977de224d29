package report

import (
	"io"
	"slices"
	"strings"

	"rtbench/report/result"
)

// Markdown writes the report of Text for a pull request or the summary of a CI job
// ($GITHUB_STEP_SUMMARY): the verdict with its reasons and the failed thresholds, then the tables,
// then the rest as preformatted text in a collapsed section. It returns w's error.
func Markdown(w io.Writer, r *result.Result) error {
	p := &printer{w: w}
	p.listed(func(p *printer) { p.validity(r) })
	if anyThresholdFails(r) {
		p.printf("\n")
		p.listed(func(p *printer) { p.thresholds(r) })
	}
	for _, g := range Groups(r) {
		p.printf("\n## %s\n\n%s\n\n", escape(g.Title), escape(g.caption()))
		if !g.everOpened() {
			p.troubles(g)
			continue
		}
		p.printf("%s", g.table().markdown())
		if t := g.arrivals(); t != nil {
			p.printf("\n%s\n\n%s", escape(arrivalsCaption), t.markdown())
			for _, note := range g.arrivalNotes() {
				p.printf("\n- %s\n", escape(note))
			}
		}
		caption, intervals := g.precision()
		p.printf("\n%s\n\n%s", escape(caption), intervals.markdown())
		p.troubles(g)
	}
	p.printf("\n<details>\n<summary>Inherent differences, thresholds, claims, environment</summary>\n\n")
	p.fenced(func(p *printer) { p.appendix(r) })
	p.printf("\n</details>\n")
	return p.err
}

func (p *printer) troubles(g *Group) {
	between := "\n"
	for _, c := range g.Cells {
		for _, t := range FailureLines(c.Cell, PageExample) {
			p.printf("%s- %s\n", between, escape(t))
			between = ""
		}
	}
}

func anyThresholdFails(r *result.Result) bool {
	return slices.ContainsFunc(r.Thresholds(), func(t *result.Threshold) bool { return !t.Holds })
}

// listed prints a section with a heading and indented lines as a bold line and a list.
func (p *printer) listed(section func(*printer)) {
	head, lines, _ := strings.Cut(strings.Trim(capture(section), "\n"), "\n")
	word, more, found := strings.Cut(head, " · ")
	if found {
		more = " · " + more
	}
	p.printf("**%s**%s\n", escape(word), escape(more))
	for i, line := range strings.Split(lines, "\n") {
		if line == "" {
			continue
		}
		if i == 0 {
			p.printf("\n")
		}
		p.printf("- %s\n", escape(strings.TrimSpace(line)))
	}
}

// fenced prints a section as a code block.
func (p *printer) fenced(section func(*printer)) {
	text := capture(section)
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	p.printf("%stext\n%s%s\n", fence, strings.TrimLeft(text, "\n"), fence)
}

func capture(section func(*printer)) string {
	var text strings.Builder
	section(&printer{w: &text})
	return text.String()
}

// escape escapes Markdown and HTML in reasons and errors.
func escape(s string) string {
	return escaper.Replace(strings.ReplaceAll(s, "\n", " "))
}

var escaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "#", `\#`, "|", `\|`, "~", `\~`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
)
