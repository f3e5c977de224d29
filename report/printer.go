package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"rtbench/report/result"
)

// A printer writes a report for a terminal or in Markdown. It keeps the first error, so that callers
// need not check each call.
type printer struct {
	w        io.Writer
	markdown bool
	width    int // of a terminal, to which paragraphs are wrapped
	err      error
	marks    []string // of bounds in the text so far
}

// asText and asMarkdown return functions that write what body prints. They return w's error.
func asText[T any](body func(*printer, T)) func(io.Writer, T) error {
	return func(w io.Writer, v T) error {
		p := &printer{w: w, width: widthOf(w)}
		body(p, v)
		return p.err
	}
}

func asMarkdown[T any](body func(*printer, T)) func(io.Writer, T) error {
	return func(w io.Writer, v T) error {
		p := &printer{w: w, markdown: true}
		body(p, v)
		return p.err
	}
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		text := strings.Map(printable, fmt.Sprintf(format, args...))
		for _, mark := range []string{result.AtMost, result.AtLeast} {
			if strings.Contains(text, mark) && !p.shown(mark) {
				p.marks = append(p.marks, mark)
			}
		}
		_, p.err = io.WriteString(p.w, text)
	}
}

// shown reports whether the text so far has a mark of bounds.
func (p *printer) shown(mark string) bool { return slices.Contains(p.marks, mark) }

// printable drops control characters, because reports quote text from servers.
func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return -1
	}
	return r
}

// lead prints a line with its beginning emphasized, and lines that explain it.
func (p *printer) lead(beginning, end string, lines []string) {
	if p.markdown {
		p.printf("**%s**%s\n", escape(beginning), escape(end))
	} else {
		p.printf("%s%s\n", beginning, end)
	}
	p.list("", lines)
}

// point prints a line with its beginning emphasized; in Markdown as an item of a list.
func (p *printer) point(beginning, text string) {
	if p.markdown {
		p.printf("- ")
	}
	p.lead(beginning, " · "+text, nil)
}

// list prints lines: indented after a mark, or as a list.
func (p *printer) list(mark string, lines []string) {
	for i, line := range lines {
		switch {
		case !p.markdown:
			p.printf("  %s%s\n", mark, line)
			continue
		case i == 0:
			p.printf("\n")
		}
		p.printf("- %s\n", escape(line))
	}
}

// title prints the title of a part and its caption.
func (p *printer) title(title, caption string) {
	if p.markdown {
		p.printf("\n## %s\n\n%s\n\n", escape(title), escape(caption))
		return
	}
	p.printf("\n%s\n%s\n\n", title, caption)
}

// table prints a table with its caption, if any.
func (p *printer) table(caption string, t *table) {
	text := t.text()
	if p.markdown {
		caption, text = escape(caption), t.markdown()
	} else if caption != "" {
		caption = "  " + caption
	}
	if caption != "" {
		caption = "\n" + caption + "\n\n"
	}
	p.printf("%s%s", caption, text)
}

// preformatted prints text as a code block of Markdown.
func (p *printer) preformatted(text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	p.printf("%stext\n%s%s\n", fence, strings.TrimLeft(text, "\n"), fence)
}

// exampleLength returns the length of quoted examples: pages wrap lines, terminals cut them.
func (p *printer) exampleLength() int {
	if p.markdown {
		return PageExample
	}
	return terminalExample
}

// escape escapes Markdown and HTML in reasons and errors.
func escape(s string) string {
	return escaper.Replace(strings.ReplaceAll(s, "\n", " "))
}

var escaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "#", `\#`, "|", `\|`, "~", `\~`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
)
