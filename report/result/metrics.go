package result

import (
	"math"
	"slices"
	"time"

	"rtbench/report/stats"
)

// Throughput is the messages measured per second of the steady phase; NaN if it is unusable.
func (r *Repetition) Throughput() float64 {
	return r.ifUsable(ThroughputMetric, perSecond(r.Counters.Recorded, r.Phases.Steady.Seconds()))
}

// FailedRate is Counters.FailedRate; NaN if it is unusable.
func (r *Repetition) FailedRate() float64 {
	return r.ifUsable(FailedRateMetric, r.Counters.FailedRate())
}

func perSecond(n uint64, seconds float64) float64 {
	if seconds <= 0 {
		return math.NaN()
	}
	return float64(n) / seconds
}

// CPUPerMessage is the CPU time in nanoseconds per measured message, the pacers'
// spinning left out; NaN where it is not known.
func (r *Repetition) CPUPerMessage(side Resources) float64 {
	if !side.Known || r.Counters.Recorded == 0 || side.CPU <= 0 {
		return math.NaN()
	}
	return float64(max(0, side.CPU-side.Spin)) / float64(r.Counters.Recorded)
}

// MemoryPerStream is by how much one side's resident memory grew for each of so many
// streams, in bytes; NaN where that is not known.
func MemoryPerStream(of Resources, streams int) float64 {
	if of.BeforeBytes == 0 || of.RSSBytes == 0 || streams == 0 {
		return math.NaN()
	}
	return float64(of.RSSBytes-of.BeforeBytes) / float64(streams)
}

// WireBytesPerMessage is the bytes on the client's connections, both ways, per
// measured message.
func (r *Repetition) WireBytesPerMessage() float64 {
	if r.Counters.Recorded == 0 {
		return math.NaN()
	}
	return float64(r.Wire.SentBytes+r.Wire.ReceivedBytes) / float64(r.Counters.Recorded)
}

// Merged returns the cell's response, service and lag histograms over its
// repetitions, counts added, the invalid ones left out.
func (c *Cell) Merged() (response, service, lag Histogram) {
	for _, r := range c.usable() {
		response.Merge(r.Response)
		service.Merge(r.Service)
		lag.Merge(r.Lag)
	}
	return response, service, lag
}

// Percentile is percentile p of the response times, or for Maximum the maximum, of the merged
// histograms of the repetitions in which it is usable. It is not known if these have too few
// independent messages, or are only half of the repetitions or fewer: they are then the calm
// ones, and no sample of all. The maximum is known only if it is usable in all. merged is the
// response times as Merged returns them.
func (c *Cell) Percentile(merged Histogram, p float64) (time.Duration, bool) {
	var n int64
	var some Histogram
	usable, all := 0, c.usable()
	for _, r := range all {
		if r.UsableTime(p) {
			usable++
			n += r.Independent(p)
		}
	}
	if usable == 0 || n < SamplesFor(p) {
		return 0, false
	}
	if usable == len(all) {
		return merged.at(p), merged.Count() > 0
	}
	if p >= Maximum || 2*usable <= len(all) {
		return 0, false
	}
	for _, r := range all {
		if r.UsableTime(p) {
			some.Merge(r.Response)
		}
	}
	return some.at(p), some.Count() > 0
}

// UsableInAll reports whether percentile p is usable in every repetition that is not invalid.
func (c *Cell) UsableInAll(p float64) bool {
	return !slices.ContainsFunc(c.usable(), func(r *Repetition) bool { return !r.UsableTime(p) })
}

// UpperBound is an upper bound of a percentile p that Percentile does not know, over all
// repetitions, if in each it is usable or an upper bound itself (Repetition.AtMost).
func (c *Cell) UpperBound(merged Histogram, p float64) (time.Duration, bool) {
	if _, known := c.Percentile(merged, p); known || c.UsableInAll(p) {
		return 0, false
	}
	all := c.usable()
	for _, r := range all {
		if metric := MetricName(p); !r.Usable(metric) && !r.IsUpperBound(metric) {
			return 0, false
		}
	}
	return merged.at(p), len(all) > 0 && merged.Count() >= SamplesFor(p)
}

// Interval is percentile p as Percentile returns it, with the interval of the median over the
// repetitions at that confidence, widened to include it. The Median is NaN if p is not known.
func (c *Cell) Interval(merged Histogram, p, confidence float64) stats.Interval {
	in := stats.MedianInterval(c.Values(func(r *Repetition) float64 { return r.Time(p) }), confidence)
	at, known := c.Percentile(merged, p)
	if !known {
		return stats.Interval{Median: math.NaN(), Low: math.NaN(), High: math.NaN()}
	}
	in.Median = float64(at)
	if in.N == 0 { // known of all repetitions together alone
		in.Low, in.High = in.Median, in.Median
	}
	in.Low, in.High = min(in.Low, in.Median), max(in.High, in.Median)
	return in
}

// usable returns the repetitions that are not invalid.
func (c *Cell) usable() []*Repetition {
	var out []*Repetition
	for _, r := range c.Repetitions {
		if r.Validity.Verdict != Invalid {
			out = append(out, r)
		}
	}
	return out
}

// Values returns a figure for each repetition that Merged would merge and that
// has it.
func (c *Cell) Values(figure func(*Repetition) float64) []float64 {
	var out []float64
	for _, r := range c.usable() {
		if v := figure(r); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

// Pairs returns a figure of two cells for the repetitions that ran side by side and are not
// invalid, if it is known in both.
func Pairs(a, b *Cell, figure func(*Repetition) float64) (x, y []float64) {
	for _, ra := range a.usable() {
		for _, rb := range b.usable() {
			if ra.Index != rb.Index {
				continue
			}
			if v, w := figure(ra), figure(rb); finite(v) && finite(w) {
				x, y = append(x, v), append(y, w)
			}
		}
	}
	return x, y
}
