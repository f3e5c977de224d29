package metric

import (
	"math"
	"slices"

	"rtbench/report/result"
)

// A Cell is a cell with its merged histograms.
type Cell struct {
	*result.Cell
	Response, Service, Lag result.Histogram
	Arrivals               *result.Arrivals
	Connecting             *result.Connecting
}

// Merge merges the histograms of the cell's repetitions that are used.
func Merge(c *result.Cell) Cell {
	m := Cell{Cell: c, Arrivals: c.Arrivals(), Connecting: c.Connecting()}
	m.Response, m.Service, m.Lag = c.Merged()
	return m
}

// Reported reports whether the main table has a value or a bound of any metric.
func (c Cell) Reported() bool {
	return slices.ContainsFunc(In(Main), func(m Metric) bool { return m.Text(c) != result.Unknown })
}

// ServicePercentile returns percentile p of the merged service times; NaN if there are too few
// messages, or if it is not usable in every repetition.
func (c Cell) ServicePercentile(p float64) float64 {
	return c.ifUsable(p, result.Nanoseconds(c.Service.Percentile(p)))
}

// LagPercentile returns percentile p of the merged lags; NaN if there are too few messages.
func (c Cell) LagPercentile(p float64) float64 { return result.Nanoseconds(c.Lag.Percentile(p)) }

// ResponsePercentile is ServicePercentile for the times of the cell.
func (c Cell) ResponsePercentile(p float64) float64 {
	return c.ifUsable(p, result.Nanoseconds(c.Percentile(c.Response, p)))
}

// Curve returns the bounds of the times of the cell, in nanoseconds, at rising percentiles up to the
// last one known. They are equal if the percentile is usable in every repetition; low is NaN if only an
// upper bound is known.
func (c Cell) Curve(percentiles []float64) (low, high []float64) {
	type bounding struct {
		least, most result.Histogram
		ok          bool
	}
	sets := map[string]bounding{} // by the name under which a percentile is judged
	for _, p := range percentiles {
		name := result.TimeMetric(p)
		at := c.ResponsePercentile(p)
		lowest, highest := at, at
		if math.IsNaN(at) && !c.UsableInAll(p) {
			b, seen := sets[name]
			if !seen {
				b.least, b.most, b.ok = c.Bounding(p)
				sets[name] = b
			}
			highest = result.Nanoseconds(c.UpperBound(c.Response, p)) // only with enough messages for p
			if b.ok && highest > 0 {
				highest = float64(b.most.Quantile(p))
				lowest = min(float64(b.least.Quantile(p)), highest)
			}
		}
		if !(highest > 0) {
			break
		}
		low, high = append(low, lowest), append(high, highest)
	}
	return low, high
}

// ifUsable returns value, or NaN unless percentile p is usable in all repetitions: every point of a
// curve covers the same ones.
func (c Cell) ifUsable(p, value float64) float64 {
	if !c.UsableInAll(p) {
		return math.NaN()
	}
	return value
}
