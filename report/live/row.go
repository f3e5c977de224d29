package live

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Terminal styles that are readable on dark and light backgrounds.
const (
	plain  = ""
	bold   = "1"
	faint  = "2"
	red    = "31"
	yellow = "33"
	blue   = "34"
)

// A span is text in one style. All its characters are one column wide.
type span struct{ text, style string }

// A row is a line of the live view.
type row []span

func (r row) width() int {
	n := 0
	for _, s := range r {
		n += utf8.RuneCountInString(s.text)
	}
	return n
}

// cut truncates the row to width columns, ending in an ellipsis.
func (r row) cut(width int) row {
	if r.width() <= width {
		return r
	}
	var out row
	room := width - 1
	for _, s := range r {
		text := []rune(s.text)
		if len(text) > room {
			return append(out, span{string(text[:max(0, room)]) + "…", s.style})
		}
		out, room = append(out, s), room-len(text)
	}
	return out
}

// text renders the row with or without colour.
func (r row) text(colour bool) string {
	var b strings.Builder
	for _, s := range r {
		if colour && s.style != plain && s.text != "" {
			b.WriteString("\x1b[" + s.style + "m" + s.text + "\x1b[m")
			continue
		}
		b.WriteString(s.text)
	}
	return b.String()
}

// flow puts as many items on each line as fit.
func flow(width int, gap string, items ...row) []row {
	var lines []row
	for _, item := range items {
		if len(item) == 0 {
			continue
		}
		if n := len(lines); n > 0 && lines[n-1].width()+len(gap)+item.width() <= width {
			lines[n-1] = append(append(lines[n-1], span{gap, plain}), item...)
			continue
		}
		lines = append(lines, append(row{}, item...))
	}
	return lines
}

// clean replaces line breaks by spaces, and characters whose width differs between terminals by
// question marks.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == 0xAD || r > 0x24F && !strings.ContainsRune("…–·µ", r) || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, text)
}

// bar draws a progress bar with a resolution of half a column.
func bar(done float64, width int) row {
	halves := int(min(1, max(0, done))*float64(2*width) + 0.5)
	full := strings.Repeat("━", halves/2)
	if halves%2 == 1 {
		full += "╸"
	}
	return row{{full, blue}, {strings.Repeat("─", width-utf8.RuneCountInString(full)), faint}}
}
