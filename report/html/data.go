package html

import (
	"math"

	"rtbench/report/result"
)

// chartData is the JSON embedded in the page for the charts. Times are in microseconds with three
// digits.
type chartData struct {
	X      []float64   `json:"x"`    // 1/(1−p) of the points of the curves
	Bins   int         `json:"bins"` // of a heatmap, per decade
	Slots  int         `json:"slots"`
	Groups []groupData `json:"groups"`
}

type groupData struct {
	What   string       `json:"what"`
	Series []seriesData `json:"series"`
}

// seriesData holds an entry's curves, up to the last known percentile, and its repetitions over time.
type seriesData struct {
	Label    string    `json:"label"`
	Color    int       `json:"color"`
	Dash     int       `json:"dash"`
	Response []float64 `json:"response"` // upper bounds, where Low differs
	Low      []float64 `json:"low"`      // as long as Response; 0 if unknown
	Service  []float64 `json:"service"`
	Lag      []float64 `json:"lag"`
	Shown    int       `json:"shown"` // index in Reps of the one shown first
	Reps     []repData `json:"reps"`
}

// pointsPerDecade is the number of points per decade of 1/(1−p).
const pointsPerDecade = 12

// maxNines limits the curves to 99.999 %.
const maxNines = 5

// curveX holds the x values of the curves: evenly spaced on the logarithmic axis, plus the median.
var curveX = func() []float64 {
	var xs []float64
	for i := range maxNines*pointsPerDecade + 1 {
		x := math.Pow(10, float64(i)/pointsPerDecade)
		if n := len(xs); n > 0 && xs[n-1] < 2 && x > 2 {
			xs = append(xs, 2)
		}
		xs = append(xs, math.Round(x*1e4)/1e4)
	}
	return xs
}()

func dataOf(groups []*group) chartData {
	d := chartData{X: curveX, Bins: binsPerDecade, Slots: sampleSlots}
	budget := budgetOf(groups)
	for _, g := range groups {
		gd := groupData{What: g.TimesCaption()}
		for _, e := range g.entries {
			gd.Series = append(gd.Series, g.series(e, budget))
		}
		d.Groups = append(d.Groups, gd)
	}
	return d
}

func (g *group) series(e *entry, b budget) seriesData {
	s := seriesData{
		Label: g.label(e), Color: e.color, Dash: e.dash,
		Service: curve(e.ServicePercentile),
		Lag:     curve(e.LagPercentile),
	}
	low, high := e.Curve(curvePercentiles)
	s.Response, s.Low = micros(high), micros(low)
	for i, r := range e.Repetitions {
		if b.typicalOnly && i != e.repetition {
			continue
		}
		if i == e.repetition {
			s.Shown = len(s.Reps)
		}
		s.Reps = append(s.Reps, overTime(r, b))
	}
	return s
}

// curvePercentiles are the percentiles at curveX.
var curvePercentiles = func() []float64 {
	ps := make([]float64, len(curveX))
	for i, x := range curveX {
		ps[i] = 100 * (1 - 1/x)
	}
	return ps
}()

// micros returns times in nanoseconds in microseconds.
func micros(times []float64) []float64 {
	out := make([]float64, len(times))
	for i, v := range times {
		out[i] = threeDigits(v / 1e3)
	}
	return out
}

// curve returns the percentiles at curveX up to the last known one.
func curve(at func(p float64) float64) []float64 {
	out := []float64{}
	for _, x := range curveX {
		v := at(100 * (1 - 1/x))
		if !(v > 0) {
			break
		}
		out = append(out, threeDigits(v/1e3))
	}
	return out
}

// threeDigits rounds to three significant digits, the resolution of a chart.
func threeDigits(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-2)
	r := math.Round(v/unit) * unit
	return math.Round(r*1e6) / 1e6
}

// hasTimeline reports whether the cell has data over time.
func hasTimeline(c *result.Cell) bool {
	for _, r := range c.Repetitions {
		if len(r.Timeline) > 0 || len(r.Samples) > 1 {
			return true
		}
	}
	return false
}
