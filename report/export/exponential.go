package export

import (
	"maps"
	"math"

	"rtbench/report/result"
)

// scale is that of exponential histograms: their bounds are the powers of 2^(2^-scale), 1.022 for 5. Prometheus
// calls it schema. See "Exponential Histogram" in the data model of OpenTelemetry's metrics, and Prometheus'
// specification of native histograms.
const scale = 5

// An exponential is a histogram in seconds with exponential buckets. It is not changed once it is made.
type exponential struct {
	counts   map[int]uint64 // by i, for values in (2^(i·2^-scale), 2^((i+1)·2^-scale)]
	zeros    uint64
	count    uint64
	sum      float64
	min, max float64
}

// exponentialOf converts a histogram of nanoseconds. A value counts in the bucket of the middle of its bar, whose
// width is at most a thousandth of it.
func exponentialOf(h result.Histogram) exponential {
	e := exponential{counts: map[int]uint64{}, count: uint64(h.Count())}
	for b := range h.Bars() {
		middle := float64(b.From+b.To) / 2 * 1e-9
		if e.min == 0 {
			e.min = middle
		}
		e.sum, e.max = e.sum+middle*float64(b.Count), middle
		if middle == 0 {
			e.zeros += uint64(b.Count)
			continue
		}
		e.counts[int(math.Ceil(math.Log2(middle)*(1<<scale)))-1] += uint64(b.Count)
	}
	return e
}

// plus returns the sum of two histograms.
func (e exponential) plus(o exponential) exponential {
	switch {
	case e.count == 0:
		return o
	case o.count == 0:
		return e
	}
	sum := exponential{
		counts: maps.Clone(e.counts), zeros: e.zeros + o.zeros, count: e.count + o.count, sum: e.sum + o.sum,
		min: min(e.min, o.min), max: max(e.max, o.max),
	}
	for i, n := range o.counts {
		sum.counts[i] += n
	}
	return sum
}
