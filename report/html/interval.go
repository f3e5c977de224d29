package html

import (
	"math"

	"rtbench/report/stats"
)

// A scale is the logarithmic scale of a column's intervals.
type scale struct{ low, high float64 }

// A bar is an interval on a scale from 0 to 100, with its median or, between bounds, without.
type bar struct {
	From, Width, At float64
	Bounds          bool
}

// leastSpan is the smallest ratio that a scale spans, so that nearly equal values look equal.
const leastSpan = 1.1

// scaleOf returns a scale that spans all known positive values.
func scaleOf(estimates []stats.Interval) scale {
	s := scale{math.Inf(1), 0}
	for _, e := range estimates {
		for _, v := range []float64{e.Low, e.Median, e.High} {
			if v > 0 && !math.IsInf(v, 1) {
				s.low, s.high = min(s.low, v), max(s.high, v)
			}
		}
	}
	if s.high > 0 && s.high/s.low < leastSpan {
		middle := math.Sqrt(s.high * s.low)
		s = scale{middle / math.Sqrt(leastSpan), middle * math.Sqrt(leastSpan)}
	}
	return s
}

// bar returns nil if there is nothing to draw.
func (s scale) bar(e stats.Interval) *bar {
	if !(e.Low > 0) || !(e.High > 0) {
		return nil
	}
	from, to := s.at(e.Low), s.at(e.High)
	b := &bar{From: from, Width: round1(max(1, to-from)), Bounds: math.IsNaN(e.Median)}
	if !b.Bounds {
		b.At = s.at(e.Median)
	}
	return b
}

// at returns the position of a value, with margins for the mark.
func (s scale) at(v float64) float64 {
	return round1(4 + 92*math.Log(v/s.low)/math.Log(s.high/s.low))
}

func round1(v float64) float64 { return math.Round(10*v) / 10 }
