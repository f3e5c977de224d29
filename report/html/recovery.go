package html

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"rtbench/report"
	"rtbench/report/result"
)

// A recoveryView is a table of recoveries from overloads, and a chart of the backlogs over time.
type recoveryView struct {
	Caption string
	Heads   []string
	Rows    []recoveryRow
	SVG     template.HTML
}

type recoveryRow struct {
	Label  string
	Color  int
	Values []string
}

// recoveryOf returns the recoveries of a search, or nil if it has none.
func recoveryOf(r *result.Result) *recoveryView {
	all := report.RecoveriesOf(r)
	if len(all.Rows) == 0 {
		return nil
	}
	v := &recoveryView{Caption: all.Caption, Heads: all.Heads}
	lines := report.LoadChart{}
	for _, row := range all.Rows {
		lines.Curves = append(lines.Curves, report.LoadCurve{Name: row.Name, Protocol: row.Protocol})
	}
	look := newPalette()
	for i, row := range all.Rows {
		v.Rows = append(v.Rows, recoveryRow{row.Name, curveColor(look, lines, i), row.Values})
	}
	v.SVG = backlogs{all.Rows, v.Rows}.svg()
	return v
}

// backlogs draws the backlogs over time.
type backlogs struct {
	rows  []report.RecoveryRow
	views []recoveryRow
}

// The number of lines of the grid along each axis.
const gridLines = 4

func (b backlogs) svg() template.HTML {
	length, most := b.extent()
	if length == 0 || most == 0 {
		return ""
	}
	most = gridLines * math.Ceil(most/gridLines) // whole numbers
	x := func(t time.Duration) float64 {
		return marginLeft + t.Seconds()/length.Seconds()*(chartRight-marginLeft)
	}
	y := func(n float64) float64 { return chartBaseline - n/most*(chartBaseline-marginTop) }
	var out strings.Builder
	fmt.Fprintf(&out, `<svg class="load" viewBox="0 0 %d %d" role="img" aria-label="Backlog by time since the overload began">`, chartWidth, chartHeight)
	for i := range gridLines + 1 {
		at, n := length*time.Duration(i)/gridLines, most*float64(i)/gridLines
		fmt.Fprintf(&out, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, x(at), chartBaseline+20, at.Round(10*time.Millisecond))
		fmt.Fprintf(&out, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`,
			marginLeft, chartRight, y(n), y(n), marginLeft-8, y(n)+4, whole(n))
	}
	for i, row := range b.rows {
		if end := x(row.Overload); i == 0 || row.Overload != b.rows[i-1].Overload {
			fmt.Fprintf(&out, `<line class="limit" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, end, end, marginTop, chartBaseline)
		}
		fmt.Fprintf(&out, `<g class="c%d"><polyline points="%.1f,%.1f `, b.views[i].Color, x(0), y(0))
		for j, n := range row.Course.Messages {
			fmt.Fprintf(&out, "%.1f,%.1f ", x(row.Course.Every*time.Duration(j+1)), y(float64(n)))
		}
		out.WriteString(`"/></g>`)
	}
	return template.HTML(out.String() + "</svg>")
}

// whole formats a whole number of messages.
func whole(n float64) string {
	if n < 100 {
		return fmt.Sprint(n)
	}
	return result.Count(n)
}

// extent returns the longest course and the largest backlog.
func (b backlogs) extent() (length time.Duration, most float64) {
	for _, row := range b.rows {
		length = max(length, row.Course.Every*time.Duration(len(row.Course.Messages)))
		most = max(most, float64(slices.Max(append([]uint64{0}, row.Course.Messages...))))
	}
	return length, most
}
