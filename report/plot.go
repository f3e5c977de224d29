package report

import (
	"math"
	"strings"
)

// A plot draws curves with logarithmic axes as text.
type plot struct {
	title         string
	width, height int // of the area
	curves        []curve
	limit         float64 // a horizontal line; 0 for none
	formatX       func(float64) string
	formatY       func(float64) string
}

// A curve is a set of points with a mark.
type curve struct {
	mark rune
	x, y []float64
}

// curveMarks distinguish curves without colour.
var curveMarks = []rune("●◆▲■○◇△□")

// overLimit is the ratio to the limit above which points are drawn at the top edge: those of an overload
// would flatten the rest.
const overLimit = 10

// plot prints a plot with its title; nothing if it has no points.
func (p *printer) plot(of plot) {
	lines := of.lines()
	if len(lines) > 0 {
		p.printf("\n  %s\n", of.title)
	}
	for _, line := range lines {
		p.printf("%s\n", line)
	}
}

// lines draws the plot; none if there are no points.
func (p plot) lines() []string {
	x, y := p.scales()
	if !(x.high > 0) || !(y.high > 0) {
		return nil
	}
	area := make([][]rune, p.height)
	for i := range area {
		area[i] = []rune(strings.Repeat(" ", p.width))
	}
	limitRow := -1
	if p.limit > 0 {
		limitRow = p.row(y, p.limit)
		copy(area[limitRow], []rune(strings.Repeat("╌", p.width)))
	}
	for _, c := range p.curves {
		for i := range c.x {
			if c.x[i] > 0 && c.y[i] > 0 {
				area[p.row(y, c.y[i])][x.place(c.x[i], p.width)] = c.mark
			}
		}
	}
	labels := p.labels(y, limitRow)
	margin := 0
	for _, l := range labels {
		margin = max(margin, columns(l))
	}
	var out []string
	for i, row := range area {
		edge := "│"
		if labels[i] != "" {
			edge = "┤"
		}
		out = append(out, strings.Repeat(" ", margin-columns(labels[i]))+labels[i]+" "+edge+strings.TrimRight(string(row), " "))
	}
	indent := strings.Repeat(" ", margin+1)
	return append(out, indent+"└"+strings.Repeat("─", p.width), indent+" "+p.ticks(x))
}

// row returns the row of a value.
func (p plot) row(y scale, v float64) int { return p.height - 1 - y.place(v, p.height) }

// labels returns a label for the first, the last and the middle row, and that of the limit.
func (p plot) labels(y scale, limitRow int) []string {
	labels := make([]string, p.height)
	for _, row := range []int{0, p.height / 2, p.height - 1} {
		if row-limitRow > 1 || limitRow-row > 1 {
			labels[row] = p.formatY(y.value(p.height-1-row, p.height))
		}
	}
	if limitRow >= 0 {
		labels[limitRow] = p.formatY(p.limit)
	}
	return labels
}

// ticks returns the line of labels below the area: 1, 2 and 5 times powers of ten, as they fit.
func (p plot) ticks(x scale) string {
	line := []rune(strings.Repeat(" ", p.width+2))
	free := 0
	for _, v := range x.roundValues() {
		label := []rune(p.formatX(v))
		if at := x.place(v, p.width); at >= free && at+len(label) <= len(line) {
			copy(line[at:], label)
			free = at + len(label) + 2
		}
	}
	return strings.TrimRight(string(line), " ")
}

// scales returns the ranges of both axes.
func (p plot) scales() (x, y scale) {
	for _, c := range p.curves {
		for i := range c.x {
			if c.x[i] > 0 && c.y[i] > 0 {
				x.include(c.x[i])
				y.include(c.y[i])
			}
		}
	}
	if p.limit > 0 && y.high > 0 {
		y.include(p.limit)
		y.high = min(y.high, overLimit*p.limit)
	}
	return x, y
}

// A scale is the range of a logarithmic axis.
type scale struct{ low, high float64 }

func (s *scale) include(v float64) {
	if s.high == 0 {
		s.low, s.high = v, v
	}
	s.low, s.high = min(s.low, v), max(s.high, v)
}

// place returns the place of v among n; values outside the range are at the edges.
func (s scale) place(v float64, n int) int {
	if s.high <= s.low {
		return n / 2
	}
	share := math.Log(v/s.low) / math.Log(s.high/s.low)
	return int(math.Round(min(max(share, 0), 1) * float64(n-1)))
}

// value returns the value at a place among n.
func (s scale) value(place, n int) float64 {
	return s.low * math.Pow(s.high/s.low, float64(place)/float64(n-1))
}

// roundValues returns the values 1, 2 and 5 times a power of ten within the range.
func (s scale) roundValues() (out []float64) {
	for decade := math.Floor(math.Log10(s.low)); decade <= math.Log10(s.high); decade++ {
		for _, digit := range []float64{1, 2, 5} {
			if v := digit * math.Pow(10, decade); v >= s.low && v <= s.high {
				out = append(out, v)
			}
		}
	}
	return out
}
