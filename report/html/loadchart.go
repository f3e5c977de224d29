package html

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"rtbench/report"
	"rtbench/report/result"
)

// A searchView is the answer of a search.
type searchView struct {
	Answer, Measured string
	Notes            []string
	Recovery         *recoveryView // nil without overloads
}

// A loadChartView is a chart of times by load, as an SVG.
type loadChartView struct {
	Title  string
	Keys   []loadKey
	SVG    template.HTML
	Bounds bool // some points are upper bounds
}

// A loadKey is an entry of the legend, with the points for readers without the picture.
type loadKey struct {
	Label  string
	Color  int
	Points []string
}

func searchesOf(results []result.Named) (out []searchView) {
	for _, n := range results {
		if answer, measured, notes := report.SearchAnswer(n.Result); answer != "" {
			out = append(out, searchView{answer, measured, notes, recoveryOf(n.Result)})
		}
	}
	return out
}

func loadChartsOf(results []result.Named) (out []loadChartView) {
	names := resultNames(results)
	for i, n := range results {
		for _, c := range report.LoadCharts(n.Result) {
			v := loadChartView{Title: strings.TrimPrefix(names[i]+": "+c.Title, ": "), SVG: drawing{c, spanOf(c)}.svg()}
			look := newPalette()
			for j, curve := range c.Curves {
				key := loadKey{Label: curve.Name, Color: curveColor(look, c, j)}
				for _, p := range curve.Points {
					key.Points = append(key.Points, fmt.Sprintf("%s: %s", c.Format(p.Load), p.Text()))
					v.Bounds = v.Bounds || p.AtMost
				}
				v.Keys = append(v.Keys, key)
			}
			out = append(out, v)
		}
	}
	return out
}

// curveColor returns the colour of the protocol of curve j, or one of its position if several curves have
// that protocol.
func curveColor(look palette, c report.LoadChart, j int) int {
	for i, other := range c.Curves {
		if i != j && other.Protocol == c.Curves[j].Protocol {
			return j % colors
		}
	}
	return look.color(c.Curves[j].Protocol)
}

// A span is the ranges of the axes.
type span struct{ minX, maxX, minY, maxY float64 }

func spanOf(c report.LoadChart) span {
	s := span{math.Inf(1), 0, math.Inf(1), 0}
	for _, curve := range c.Curves {
		for _, p := range curve.Points {
			s.minX, s.maxX = min(s.minX, p.Load), max(s.maxX, p.Load)
			s.minY, s.maxY = min(s.minY, p.Time), max(s.maxY, p.Time)
		}
	}
	if c.Limit > 0 {
		s.minY = min(s.minY, c.Limit/1.5)
		s.maxY = min(max(s.maxY, 1.5*c.Limit), 10*c.Limit) // an overload would flatten the rest
	}
	return s
}

// A drawing draws a chart. Points above the range are at its edge.
type drawing struct {
	report.LoadChart
	span
}

// Sizes in pixels: of the whole, and of the margins.
const (
	chartWidth, chartHeight   = 760, 320
	marginLeft, marginRight   = 78, 28
	marginTop, marginBottom   = 12, 34
	chartRight, chartBaseline = chartWidth - marginRight, chartHeight - marginBottom
)

func (d drawing) svg() template.HTML {
	if !(d.maxX > 0) || !(d.maxY > 0) {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="load" viewBox="0 0 %d %d" role="img" aria-label="%s">`, chartWidth, chartHeight, template.HTMLEscapeString(d.Title))
	for _, v := range decimals(d.minX, d.maxX) {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`,
			d.x(v), d.x(v), marginTop, chartBaseline, d.x(v), chartBaseline+20, template.HTMLEscapeString(d.Format(v)))
	}
	for _, v := range decimals(d.minY, d.maxY) {
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`,
			marginLeft, chartRight, d.y(v), d.y(v), marginLeft-8, d.y(v)+4, result.Duration(v))
	}
	if d.Limit > 0 {
		fmt.Fprintf(&b, `<line class="limit" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, marginLeft, chartRight, d.y(d.Limit), d.y(d.Limit))
	}
	look := newPalette()
	for j, c := range d.Curves {
		fmt.Fprintf(&b, `<g class="c%d"><polyline points="`, curveColor(look, d.LoadChart, j))
		for _, p := range c.Points {
			fmt.Fprintf(&b, "%.1f,%.1f ", d.x(p.Load), d.y(p.Time))
		}
		b.WriteString(`"/>`)
		for _, p := range c.Points {
			class := ""
			if p.AtMost {
				class = ` class="bound"`
			}
			fmt.Fprintf(&b, `<circle%s cx="%.1f" cy="%.1f" r="3.5"><title>%s at %s: %s</title></circle>`, class, d.x(p.Load), d.y(p.Time),
				template.HTMLEscapeString(c.Name), template.HTMLEscapeString(d.Format(p.Load)), template.HTMLEscapeString(p.Text()))
		}
		b.WriteString("</g>")
	}
	return template.HTML(b.String() + "</svg>")
}

func (d drawing) x(v float64) float64 {
	return marginLeft + share(v, d.minX, d.maxX)*(chartRight-marginLeft)
}

func (d drawing) y(v float64) float64 {
	return chartBaseline - share(v, d.minY, d.maxY)*(chartBaseline-marginTop)
}

// share returns the place of v in a range on a logarithmic scale, from 0 to 1.
func share(v, low, high float64) float64 {
	if high <= low {
		return 0.5
	}
	return min(max(math.Log(v/low)/math.Log(high/low), 0), 1)
}

// decimals returns 1, 2 and 5 times the powers of ten in a range, or only the powers if those are many.
func decimals(low, high float64) (out []float64) {
	digits := []float64{1, 2, 5}
	if high/low > 1e3 {
		digits = digits[:1]
	}
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for _, digit := range digits {
			if v := digit * math.Pow(10, e); v >= low && v <= high {
				out = append(out, v)
			}
		}
	}
	return out
}
