package metric

import (
	"math"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// MinLead is the ratio that a whole interval must exceed before reports and claims call one cell ahead of
// another: 5 %.
const MinLead = 1.05

// Bounds returns a function for the bounds of the values that Of returns. They differ only for times
// that a late sender may have raised, which Of leaves out.
func (m Metric) Bounds(c result.Config) func(*result.Repetition) (low, high float64) {
	of := m.Of(c)
	return func(r *result.Repetition) (low, high float64) {
		if m.isTime() {
			return r.TimeBounds(m.Percentile)
		}
		v := of(r)
		return v, v
	}
}

// CellBounds returns the bounds of a time of a cell that is not known, because messages were sent late. The
// upper one is UpperBound.
func (m Metric) CellBounds(c Cell) (low, high float64, ok bool) {
	high, ok = m.UpperBound(c)
	if !ok {
		return 0, 0, false
	}
	l, ok := c.LowerBound(m.Percentile)
	return min(float64(l), high), high, ok
}

// Ratio returns the interval of the ratio a/b over the repetitions that ran side by side. ahead and
// behind report whether it lies completely beyond a factor of least in favour of a or of b; both are
// false for fewer than MinPairs pairs. If values have bounds, the interval covers the ratios of opposite
// ones.
func (m Metric) Ratio(a, b *result.Cell, least float64) (in stats.Interval, ahead, behind bool) {
	var aLow, aHigh, bLow, bHigh []float64
	bounds := m.Bounds(a.Config)
	for _, pair := range result.Pairs(a, b) {
		low, high := bounds(pair[0])
		aLow, aHigh = append(aLow, low), append(aHigh, high)
		low, high = bounds(pair[1])
		bLow, bHigh = append(bLow, low), append(bHigh, high)
	}
	in, most := stats.RatioInterval(aLow, bHigh, Confidence), stats.RatioInterval(aHigh, bLow, Confidence)
	if in != most {
		in.Median, in.High = math.Sqrt(in.Median*most.Median), most.High
	}
	enough := in.N >= MinPairs
	ahead, behind = enough && in.Low > least, enough && in.High < 1/least
	if !m.Higher {
		ahead, behind = behind, ahead
	}
	return in, ahead, behind
}
