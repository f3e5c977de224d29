package report

import (
	"io"

	"rtbench/report/result"
)

// Markdown writes the report of Text for a pull request or a page: the tables as
// Markdown's own, the rest as it stands on a terminal. The only errors are w's.
func Markdown(w io.Writer, r *result.Result) error {
	p := &printer{w: w}
	p.fenced(func() { p.validity(r) })
	for _, g := range groups(r) {
		p.printf("\n## %s\n\n%s\n\n", g.title, g.caption())
		p.printf("%s", g.table().markdown())
		for i, c := range g.cells {
			if i == 0 {
				p.printf("\n")
			}
			if t := trouble(c); t != "" {
				p.printf("- %s\n", t)
			}
		}
	}
	p.printf("\n")
	p.fenced(func() { p.rest(r) })
	return p.err
}

func (p *printer) fenced(section func()) {
	p.printf("```text\n")
	section()
	p.printf("```\n")
}
