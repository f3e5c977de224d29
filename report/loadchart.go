package report

import (
	"fmt"
	"slices"

	"rtbench/report/capacity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A LoadChart shows a percentile of the times of several subjects by their load.
type LoadChart struct {
	Title string
	// Limit is the objective's limit in nanoseconds; 0 for none.
	Limit  float64
	Curves []LoadCurve
	Format func(load float64) string
}

// A LoadCurve is a line of a LoadChart.
type LoadCurve struct {
	Name, Protocol string
	Points         []LoadPoint // by rising load
}

// A LoadPoint is a time in nanoseconds under a load.
type LoadPoint struct {
	Load, Time float64
	AtMost     bool // the time is an upper bound
}

// Text formats the time as the tables do.
func (p LoadPoint) Text() string {
	if p.AtMost {
		return result.AtMost + result.Duration(p.Time)
	}
	return result.Duration(p.Time)
}

// fewestLoads is the number of loads from which a result has a chart.
const fewestLoads = 3

// LoadCharts returns the chart of a search, or one for each numeric axis on which the cells of r have
// several values.
func LoadCharts(r *result.Result) (list []LoadChart) {
	if r.Search != nil {
		if c := searchOf(r).chart().known(); len(c.Curves) > 0 {
			list = append(list, c)
		}
		return list
	}
	for _, axis := range capacity.Axes {
		along := *r
		along.Cells = slices.DeleteFunc(slices.Clone(r.Cells), func(c *result.Cell) bool { return !capacity.Varies(c.Config, axis) })
		along.Search = &result.Search{Axis: axis}
		s := searchOf(&along)
		s.subjects = slices.DeleteFunc(s.subjects, func(of *capacity.Subject) bool { return len(of.Points) < fewestLoads })
		for _, p := range []float64{99, 50} { // p50 if too little is known of p99
			c := s.chartOf(response(p, 0)).known()
			if slices.ContainsFunc(c.Curves, func(of LoadCurve) bool { return len(of.Points) >= fewestLoads }) {
				list = append(list, c)
				break
			}
		}
	}
	return list
}

// known returns the chart without the curves of which no point is known.
func (c LoadChart) known() LoadChart {
	c.Curves = slices.DeleteFunc(c.Curves, func(of LoadCurve) bool { return len(of.Points) == 0 })
	return c
}

func (s search) chart() LoadChart { return s.chartOf(s.watched()) }

// chartOf returns the chart of a time.
func (s search) chartOf(w watched) LoadChart {
	c := LoadChart{Title: fmt.Sprintf("%s by %s", w.name, axes[s.Search.Axis].more), Limit: w.limit, Format: s.load}
	for _, subject := range s.subjects {
		curve := LoadCurve{Name: subject.Name, Protocol: subject.Points[0].Config.Protocol}
		for _, point := range subject.Points {
			if at, atMost := s.time(point, w); at > 0 {
				curve.Points = append(curve.Points, LoadPoint{point.At, at, atMost})
			}
		}
		c.Curves = append(c.Curves, curve)
	}
	return c
}

// time returns a time at a point, and whether it is an upper bound; NaN if the table does not show it.
func (s search) time(point capacity.Point, w watched) (ns float64, atMost bool) {
	if s.Search.Objective != "" {
		return w.at(point)
	}
	m := metric.Time(w.percentile)
	if most, ok := m.UpperBound(point.Cell); ok {
		return most, true
	}
	return m.Value(point.Cell), false
}

// SearchAnswer returns the first screen of a search in words; empty for another result.
func SearchAnswer(r *result.Result) (answer, measured string, notes []string) {
	if r.Search == nil {
		return "", "", nil
	}
	s := searchOf(r)
	if len(s.subjects) > 0 {
		notes = s.notes()
	}
	return s.answer(), s.measured(), notes
}
