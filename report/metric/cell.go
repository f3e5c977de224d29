package metric

import (
	"math"
	"slices"
	"time"

	"rtbench/report/result"
)

// A Cell is a cell with its merged histograms. Its repetitions must not change. It is not safe for
// concurrent use.
type Cell struct {
	*result.Cell
	Response, Service, Lag result.Histogram
	Arrivals               *result.Arrivals
	Answers                *result.Answers
	Connecting             *result.Connecting
	Joins                  *result.Joins
	least                  *[]least
}

// least is a lower bound of the times of some repetitions.
type least struct {
	of     []*result.Repetition
	merged result.Histogram
}

// Merge merges the histograms of the cell's repetitions that are used.
func Merge(c *result.Cell) Cell {
	m := Cell{Cell: c, Arrivals: c.Arrivals(), Answers: c.Answers(), Connecting: c.Connecting(), Joins: c.Joins(), least: new([]least)}
	response, service, lag := c.Merged()
	m.Response, m.Service, m.Lag = response.Decoded(), service.Decoded(), lag.Decoded()
	return m
}

// LowerBound returns a lower bound of percentile p of the times of a cell that has an UpperBound: what it had
// been at least in the repetitions that have bounds. ok is false unless these are more than half, for the
// maximum all.
func (c Cell) LowerBound(p float64) (low time.Duration, ok bool) {
	some, ok := c.Bounded(p)
	if !ok {
		return 0, false
	}
	return c.leastOf(some).Quantile(p), true
}

// leastOf merges what the times of some repetitions had been at least. Most percentiles have bounds in the
// same repetitions.
func (c Cell) leastOf(some []*result.Repetition) result.Histogram {
	for _, l := range *c.least {
		if slices.Equal(l.of, some) {
			return l.merged
		}
	}
	l := least{some, result.Least(some)}
	*c.least = append(*c.least, l)
	return l.merged
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
	for _, p := range percentiles {
		at := c.ResponsePercentile(p)
		lowest, highest := at, at
		if math.IsNaN(at) && !c.UsableInAll(p) {
			highest = result.Nanoseconds(c.UpperBound(c.Response, p)) // only with enough messages for p
			if l, ok := c.LowerBound(p); ok && highest > 0 {
				lowest = min(float64(l), highest)
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
