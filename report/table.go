package report

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A table aligns columns: the first one left, the others right.
type table struct {
	rows        [][]string
	left        bool // left-align all columns, for text
	leftColumns int  // those aligned left if not all; 0 means the first
}

// newTable returns a table with a heading and a rule below it.
func newTable(heads ...string) *table { return &table{rows: [][]string{heads, nil}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// addRule adds a horizontal rule.
func (t *table) addRule() { t.rows = append(t.rows, nil) }

func (t *table) leftAligned(col int) bool { return t.left || col < max(1, t.leftColumns) }

// addSpan adds a line over all columns.
func (t *table) addSpan(text string) { t.rows = append(t.rows, []string{text}) }

// widths returns the widths of the columns.
func (t *table) widths() (widths []int) {
	for i, r := range t.rows {
		if i > 0 && len(r) == 1 { // spans
			continue
		}
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	return widths
}

// width returns the width of the longest line.
func (t *table) width() (most int) {
	for _, r := range t.rows {
		most = max(most, utf8.RuneCountInString(strings.TrimSuffix(t.line(r, t.widths()), "\n")))
	}
	return most
}

// within returns the table without the first of some columns, as few as it takes to fit a width; without all of
// them if it does not.
func (t *table) within(width int, columns ...int) *table {
	for n := range len(columns) + 1 {
		if out := t.without(columns[:n]); n == len(columns) || out.width() <= width {
			return out
		}
	}
	return t
}

// without returns the table without some columns.
func (t *table) without(columns []int) *table {
	out := &table{left: t.left, leftColumns: t.leftColumns}
	for i, r := range t.rows {
		var kept []string
		for col, cell := range r {
			if !slices.Contains(columns, col) || i > 0 && len(r) == 1 {
				kept = append(kept, cell)
			}
		}
		out.rows = append(out.rows, kept)
	}
	return out
}

func (t *table) text() string {
	widths := t.widths()
	var out strings.Builder
	for _, r := range t.rows {
		out.WriteString(t.line(r, widths))
	}
	return out.String()
}

// markdown renders the table in GitHub's Markdown. The first row is the header; rules are left out.
func (t *table) markdown() string {
	var out strings.Builder
	for i, r := range t.rows {
		if r == nil {
			continue
		}
		line := "|"
		for col := range t.rows[0] {
			cell := ""
			if col < len(r) {
				cell = strings.ReplaceAll(r[col], "|", "\\|")
			}
			line += " " + cell + " |"
		}
		out.WriteString(line + "\n")
		if i == 0 {
			out.WriteString("|")
			for col := range r {
				if t.leftAligned(col) {
					out.WriteString("---|")
				} else {
					out.WriteString("---:|")
				}
			}
			out.WriteString("\n")
		}
	}
	return out.String()
}

func (t *table) line(r []string, widths []int) string {
	if r == nil {
		total := 2
		for _, n := range widths {
			total += n + 2
		}
		return "  " + strings.Repeat("─", total-4) + "\n"
	}
	if len(r) == 1 && len(widths) > 1 {
		return "  " + r[0] + "\n"
	}
	var b strings.Builder
	for i, c := range r {
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
		if t.leftAligned(i) {
			b.WriteString("  " + c + pad)
		} else {
			b.WriteString("  " + pad + c)
		}
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}
