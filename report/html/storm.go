package html

import (
	"fmt"
	"html/template"
	"strings"

	"rtbench/report/result"
)

// A stormView shows an event: a table, and the course of each cell.
type stormView struct {
	Table   tableView
	Ends    []string // of streams that rtbench did not end
	Courses []courseView
}

// A courseView is the course of an event in a cell.
type courseView struct {
	Label string
	Color int
	Each  string // length of a bar
	SVG   template.HTML
}

// The size of a course.
const (
	courseWidth  = 300
	courseHeight = 60
	courseBars   = 60
)

func (g *group) storms() (views []stormView) {
	for _, t := range g.Storms() {
		v := stormView{Table: tableView{Caption: strings.ToUpper(t.Caption[:1]) + t.Caption[1:], Heads: t.Heads}, Ends: t.Ends}
		for _, r := range t.Rows {
			e := g.entryOf(r.Cell.Cell)
			row := g.row(e)
			for _, text := range r.Values {
				row.Values = append(row.Values, valueView{Text: text, Sort: text})
			}
			v.Table.Rows = append(v.Table.Rows, row)
			if slots, each := result.Shrink(r.Course, courseBars); r.Cut > 0 && len(slots) > 0 {
				v.Courses = append(v.Courses, courseView{g.label(e), e.color, each.String(), courseSVG(slots, r.Cut)})
			}
		}
		views = append(views, v)
	}
	return views
}

// entryOf returns the entry of a cell.
func (g *group) entryOf(c *result.Cell) *entry {
	for _, e := range g.entries {
		if e.Cell.Cell == c {
			return e
		}
	}
	return g.entries[0]
}

// courseSVG draws attempts as bars, and the share of the streams that are back as a line.
func courseSVG(slots []result.StormSlot, cut uint64) template.HTML {
	var most, back uint64 = 1, 0
	for _, s := range slots {
		most = max(most, s.Attempts)
	}
	width := float64(courseWidth) / float64(len(slots))
	var bars, line strings.Builder
	fmt.Fprintf(&line, "0,%d", courseHeight)
	for i, s := range slots {
		x, high := float64(i)*width, courseHeight*float64(s.Attempts)/float64(most)
		if s.Attempts > 0 {
			fmt.Fprintf(&bars, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, courseHeight-high, width, high)
		}
		back += s.Back
		fmt.Fprintf(&line, " %.1f,%.1f", x+width, courseHeight*(1-float64(back)/float64(cut)))
	}
	return template.HTML(fmt.Sprintf(`<svg class="course" viewBox="0 0 %d %d" role="img" aria-label="Attempts, at most %d in a bar, and the share of %s that were back.">%s<polyline points="%s"/></svg>`, //nolint:gosec // numbers only
		courseWidth, courseHeight, most, result.Plural(cut, "stream"), bars.String(), line.String()))
}
