package html

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"rtbench/report"
	"rtbench/report/result"
)

// A burstsView shows the bursts of a group: a sentence, a table, and each cell over the period.
type burstsView struct {
	Sentence, Scale string
	Table           tableView
	Courses         []burstCourse
}

// A burstCourse is a cell over the period of bursts.
type burstCourse struct {
	Label string
	Color int
	SVG   template.HTML
}

// bursts returns the bursts of the group; without rows if it has none.
func (g *group) bursts() burstsView {
	v := burstsView{Sentence: g.BurstSentence(), Table: tableView{Caption: "B" + report.BurstsCaption[1:], Heads: report.BurstHeads}}
	var all []*result.Bursts
	for _, e := range g.entries {
		values := report.BurstRow(e.Cell)
		if values == nil {
			continue
		}
		row := g.row(e)
		for _, text := range values {
			row.Values = append(row.Values, valueView{Text: text, Sort: text})
		}
		v.Table.Rows = append(v.Table.Rows, row)
		all = append(all, e.Bursts())
		v.Courses = append(v.Courses, burstCourse{Label: g.label(e), Color: e.color})
	}
	scale := burstScaleOf(all)
	for i, b := range all {
		v.Courses[i].SVG = scale.svg(b)
		v.Scale = fmt.Sprintf("Over the period of %v, its burst of %v shaded: p50 (line) and p99 (dashed) of the messages due at each time, from %s to %s on a logarithmic scale; and the messages that wait (bars), up to %.3g on average.",
			b.Period, b.On, result.Duration(shortestTime), result.Duration(scale.time), scale.waiting)
	}
	return v
}

// A burstScale is the common scale of the courses of a group.
type burstScale struct{ time, waiting float64 }

func burstScaleOf(all []*result.Bursts) (s burstScale) {
	for _, b := range all {
		for _, p := range b.Parts {
			s.waiting = max(s.waiting, float64(p.Waiting))
			for _, percentile := range []float64{50, 99} {
				if at, enough := p.Response.Percentile(percentile); enough {
					s.time = max(s.time, float64(at))
				}
			}
		}
	}
	return s
}

// shortestTime is the bottom of the logarithmic scale of times.
const shortestTime = float64(10 * time.Microsecond)

// svg draws the times of a cell on a logarithmic scale, and the messages that wait.
func (s burstScale) svg(b *result.Bursts) template.HTML {
	x := func(d time.Duration) float64 { return courseWidth * float64(d) / float64(b.Period) }
	var out strings.Builder
	fmt.Fprintf(&out, `<rect class="burst" x="0" y="0" width="%.1f" height="%d"/>`, x(b.On), courseHeight)
	lines := map[float64]*strings.Builder{50: {}, 99: {}}
	for _, p := range b.Parts {
		if high := courseHeight * float64(p.Waiting) / max(1, s.waiting); high > 0 {
			fmt.Fprintf(&out, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x(p.Start), courseHeight-high, x(p.Length), high)
		}
		for percentile, line := range lines {
			if at, enough := p.Response.Percentile(percentile); enough && s.time > shortestTime {
				y := courseHeight * (1 - max(0, math.Log(float64(at)/shortestTime))/math.Log(s.time/shortestTime))
				fmt.Fprintf(line, "%.1f,%.1f ", x(p.Start+p.Length/2), y)
			}
		}
	}
	return template.HTML(fmt.Sprintf(`<svg class="course" viewBox="0 0 %d %d" role="img" aria-label="Times by the time since a burst of %v began, over %v, from %s to %s on a logarithmic scale.">%s<polyline points="%s"/><polyline class="dashed" points="%s"/></svg>`, //nolint:gosec // numbers only
		courseWidth, courseHeight, b.On, b.Period, result.Duration(shortestTime), result.Duration(s.time), out.String(), lines[50], lines[99]))
}
