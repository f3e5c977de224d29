package metric

import (
	"fmt"
	"math"

	"rtbench/report/result"
)

// connecting returns a percentile of a part of the time to open a stream.
func connecting(p float64, name, csv string, views Views, of func(*result.Connecting) result.Histogram) Metric {
	at := func(c *result.Connecting) float64 {
		if c == nil {
			return math.NaN()
		}
		h := of(c)
		if p == result.Maximum {
			return nonZero(h.Max())
		}
		return result.Nanoseconds(h.Percentile(p))
	}
	name += " " + result.MetricName(p)
	return Metric{
		Quantity: timed(csv), Head: name, Label: name, CSV: csv, Views: views,
		of:     simple(func(r *result.Repetition) float64 { return at(r.Connecting) }),
		ofCell: func(c Cell) float64 { return at(c.Connecting) },
	}
}

// untilOpen returns the time from the beginning of connecting until a share of the streams was open.
func untilOpen(percent float64, csv string) Metric {
	name := fmt.Sprintf("%.0f %% open", percent)
	return Metric{
		Quantity: timed(csv), Head: name, Label: name, CSV: csv, Views: Connecting | ConnectingBriefly,
		of: simple(func(r *result.Repetition) float64 {
			if r.Connecting == nil {
				return math.NaN()
			}
			return result.Nanoseconds(r.Connecting.Until(percent))
		}),
	}
}
