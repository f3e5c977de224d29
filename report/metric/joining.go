package metric

import (
	"math"

	"rtbench/proto/quantity"
	"rtbench/report/result"
)

// joining returns a percentile of a time of users that come and go.
func joining(p float64, name, csv string, views Views, of func(*result.Joins) result.Histogram) Metric {
	return joins(name+" "+result.MetricName(p), timed(csv), views, func(j *result.Joins) float64 {
		h := of(j)
		if p == result.Maximum {
			return nonZero(h.Max())
		}
		return result.Nanoseconds(h.Percentile(p))
	})
}

// joinCount returns a number of users that come and go, or of their messages.
func joinCount(name, csv string, views Views, of func(*result.Joins) uint64) Metric {
	m := joins(name, inFiles(csv), views, func(j *result.Joins) float64 { return float64(of(j)) })
	m.ofCell = nil // the median
	m.format = func(v float64) string { return result.Grouped(int64(v)) }
	return m
}

// joinRate returns how many users came per second.
func joinRate(name, csv string, of func(*result.Joins) uint64) Metric {
	return Metric{
		Quantity: quantity.Quantity{Name: csv, Dimension: quantity.Rate}, Head: name, Label: name, CSV: csv, Views: Joins | JoinsBriefly, Imposed: true,
		of: simple(func(r *result.Repetition) float64 {
			if r.Joins == nil || r.Phases.Steady <= 0 {
				return math.NaN()
			}
			return float64(of(r.Joins)) / r.Phases.Steady.Seconds()
		}),
		format: result.Count,
	}
}

func joins(name string, q quantity.Quantity, views Views, of func(*result.Joins) float64) Metric {
	ofAny := func(j *result.Joins) float64 {
		if j == nil {
			return math.NaN()
		}
		return of(j)
	}
	return Metric{
		Quantity: q, Head: name, Label: name, CSV: q.Name, Views: views,
		of:     simple(func(r *result.Repetition) float64 { return ofAny(r.Joins) }),
		ofCell: func(c Cell) float64 { return ofAny(c.Joins) },
	}
}
