package report

import (
	"fmt"
	"slices"

	"rtbench/report/capacity"
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

// A LoadCurve is a line of a LoadChart: times in nanoseconds, upper bounds if only those are known, by rising
// load.
type LoadCurve struct {
	Name, Protocol string
	Load, Time     []float64
}

// fewestLoads is the number of loads from which a result has a chart.
const fewestLoads = 3

// LoadCharts returns the chart of a search, or one for each numeric axis on which the cells of r have
// several values.
func LoadCharts(r *result.Result) (list []LoadChart) {
	if r.Search != nil {
		if s := searchOf(r); len(s.subjects) > 0 {
			list = append(list, s.chart())
		}
		return list
	}
	for _, axis := range capacity.Axes {
		along := *r
		along.Cells = slices.DeleteFunc(slices.Clone(r.Cells), func(c *result.Cell) bool { return !capacity.Varies(c.Config, axis) })
		along.Search = &result.Search{Axis: axis}
		s := searchOf(&along)
		s.subjects = slices.DeleteFunc(s.subjects, func(of *capacity.Subject) bool { return len(of.Points) < fewestLoads })
		if len(s.subjects) > 0 {
			list = append(list, s.chart())
		}
	}
	return list
}

func (s search) chart() LoadChart {
	p, limit := s.percentile()
	c := LoadChart{Title: fmt.Sprintf("%s by %s", result.MetricName(p), axes[s.Search.Axis].more), Limit: limit, Format: s.load}
	for _, subject := range s.subjects {
		curve := LoadCurve{Name: subject.Name, Protocol: subject.Points[0].Config.Protocol}
		for _, point := range subject.Points {
			if at, _ := point.Time(p); at > 0 {
				curve.Load, curve.Time = append(curve.Load, point.At), append(curve.Time, at)
			}
		}
		c.Curves = append(c.Curves, curve)
	}
	return c
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
