package servermetrics

import (
	"maps"
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"

	"rtbench/loadgen/scrape"
)

// A distribution is a histogram: the number of observations, their sum, and how many there are in each bucket. A
// counter is one with a sum only.
type distribution struct {
	count, sum float64
	// buckets counts observations. The keys of a classic histogram are upper bounds, those of a native one, whose
	// bounds are the powers of 2^(2^-schema), are exponents.
	buckets map[float64]float64
	native  bool
	schema  int32
	low     float64 // observations in the zero bucket of a native histogram, or below
	zero    float64 // upper bound of that bucket
	mixed   bool    // of histograms whose buckets differ, so that those here mean nothing
}

// distributionOf returns the distribution of a series, or a part of it as a counter.
func distributionOf(m *dto.Metric, part string) distribution {
	d := distribution{sum: scrape.Value(m)}
	switch {
	case m.GetHistogram() != nil:
		d = ofHistogram(m.GetHistogram())
	case m.GetSummary() != nil:
		d = distribution{count: float64(m.GetSummary().GetSampleCount()), sum: m.GetSummary().GetSampleSum()}
	}
	switch part {
	case "_count":
		return distribution{sum: d.count}
	case "_sum":
		return distribution{sum: d.sum}
	}
	return d
}

func ofHistogram(h *dto.Histogram) distribution {
	d := distribution{count: float64(h.GetSampleCount()) + h.GetSampleCountFloat(), sum: h.GetSampleSum(), buckets: map[float64]float64{}}
	if spans := len(h.GetPositiveSpan()) + len(h.GetNegativeSpan()); spans > 0 || h.GetZeroThreshold() > 0 || h.GetZeroCount() > 0 {
		d.native, d.schema, d.zero = true, h.GetSchema(), h.GetZeroThreshold()
		d.low = float64(h.GetZeroCount()) + h.GetZeroCountFloat()
		each(h.GetPositiveSpan(), h.GetPositiveDelta(), h.GetPositiveCount(), func(exponent int32, n float64) { d.buckets[float64(exponent)] += n })
		each(h.GetNegativeSpan(), h.GetNegativeDelta(), h.GetNegativeCount(), func(_ int32, n float64) { d.low += n })
		return d
	}
	below := 0.0
	for _, b := range h.GetBucket() {
		n := float64(b.GetCumulativeCount()) + b.GetCumulativeCountFloat()
		d.buckets[b.GetUpperBound()] = n - below
		below = n
	}
	d.buckets[math.Inf(1)] += max(0, d.count-below)
	return d
}

// each passes on the buckets of a native histogram with their exponents. Counts are differences from bucket to
// bucket, or absolute.
func each(spans []*dto.BucketSpan, deltas []int64, absolute []float64, pass func(exponent int32, n float64)) {
	exponent, i, n := int32(0), 0, 0.0
	for _, s := range spans {
		exponent += s.GetOffset()
		for range s.GetLength() {
			switch {
			case i < len(deltas):
				n += float64(deltas[i])
			case i < len(absolute):
				n = absolute[i]
			default:
				return
			}
			pass(exponent, n)
			exponent++
			i++
		}
	}
}

// since returns the growth since an earlier one. If a value fell, the process began again, from 0.
func (d distribution) since(before distribution) (growth distribution, reset bool) {
	if d.count < before.count || d.count == 0 && d.sum < before.sum {
		return d, true
	}
	d, before = aligned(d, before)
	growth = d
	growth.count, growth.sum = d.count-before.count, d.sum-before.sum
	if growth.mixed = !d.sameBuckets(before); growth.mixed { // as if a zero bucket grew: the observations that it took over are not new
		return growth, false
	}
	growth.buckets, growth.low = maps.Clone(d.buckets), max(0, d.low-before.low)
	for bound, n := range before.buckets {
		growth.buckets[bound] = max(0, growth.buckets[bound]-n)
	}
	return growth, false
}

// add adds the growth of another series.
func (d *distribution) add(o distribution) {
	if d.buckets == nil {
		low := *d
		*d = o
		d.buckets = maps.Clone(o.buckets)
		d.count, d.sum = d.count+low.count, d.sum+low.sum
		return
	}
	sum, other := aligned(*d, o)
	sum.mixed = d.mixed || o.mixed || !d.sameBuckets(o)
	sum.count, sum.sum, sum.low = sum.count+other.count, sum.sum+other.sum, sum.low+other.low
	for bound, n := range other.buckets {
		sum.buckets[bound] += n
	}
	*d = sum
}

// sameBuckets reports whether the buckets of two distributions can be added. A native histogram lacks empty ones.
func (d distribution) sameBuckets(o distribution) bool {
	switch {
	case d.native != o.native || d.zero != o.zero:
		return false
	case d.native:
		return true
	}
	return maps.EqualFunc(d.buckets, o.buckets, func(_, _ float64) bool { return true })
}

// aligned returns native histograms with the coarser of their schemas.
func aligned(a, b distribution) (distribution, distribution) {
	if !a.native || !b.native {
		return a, b
	}
	schema := min(a.schema, b.schema)
	return a.coarser(schema), b.coarser(schema)
}

// coarser merges buckets: bucket i of a schema is in bucket ceil(i/2) of the next coarser one.
func (d distribution) coarser(schema int32) distribution {
	if d.schema == schema {
		return d
	}
	merged := map[float64]float64{}
	for exponent, n := range d.buckets {
		merged[math.Ceil(math.Ldexp(exponent, int(schema-d.schema)))] += n
	}
	d.buckets, d.schema = merged, schema
	return d
}

// percentile returns the upper bound of the bucket that has the percentile.
func (d distribution) percentile(p float64) (at float64, ok bool) {
	if d.mixed || d.count == 0 {
		return 0, false
	}
	rank := math.Max(1, math.Ceil(p/100*d.count))
	if d.native && d.low >= rank {
		return d.zero, true
	}
	seen := d.low
	for _, bound := range slices.Sorted(maps.Keys(d.buckets)) {
		if seen += d.buckets[bound]; seen < rank {
			continue
		}
		if d.native {
			bound = math.Exp2(math.Ldexp(bound, -int(d.schema)))
		}
		return bound, !math.IsInf(bound, 1)
	}
	return 0, false
}
