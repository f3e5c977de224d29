package result

import (
	"math"
	"slices"
	"time"

	"rtbench/report/stats"
)

// Throughput returns the messages measured per second of the steady phase, those that arrived in it in a
// flood; NaN if unusable.
func (r *Repetition) Throughput() float64 {
	n := r.Counters.Recorded
	if r.Counters.Arrived > 0 {
		n = r.Counters.Arrived
	}
	return r.ifUsable(ThroughputMetric, perSecond(n, r.Phases.Steady.Seconds()))
}

// LeastThroughput returns a lower bound of the throughput of a closed loop over that many streams whose
// Throughput is unusable only because the generator was slow, which lowers it: the messages that came back
// within the steady phase, of which each stream has at most one under way at its end. It is NaN otherwise.
func (r *Repetition) LeastThroughput(streams int) float64 {
	slow := func(f Finding) bool { return f.Kind == ReadSlowly || f.Kind == Busy }
	excluded := false
	for _, f := range r.Validity.Findings {
		if slices.Contains(f.Unusable, ThroughputMetric) {
			if excluded = true; !slow(f) {
				return math.NaN()
			}
		}
	}
	n := r.Counters.Recorded
	switch {
	case !excluded || r.Validity.Discarded:
		return math.NaN()
	case r.Counters.Arrived > 0: // a flood
		n = min(n, r.Counters.Arrived)
	default:
		n -= min(n, uint64(streams))
	}
	return perSecond(n, r.Phases.Steady.Seconds())
}

// FailedRate returns Counters.FailedRate; NaN if unusable.
func (r *Repetition) FailedRate() float64 {
	return r.ifUsable(FailedRateMetric, r.Counters.FailedRate())
}

func perSecond(n uint64, seconds float64) float64 {
	if seconds <= 0 {
		return math.NaN()
	}
	return float64(n) / seconds
}

// CPUPerMessage returns the CPU time in nanoseconds per message that the side handled in the steady phase,
// excluding the pacers' spinning; NaN if unknown.
func (r *Repetition) CPUPerMessage(side Resources) float64 {
	if !side.Known || r.Counters.Recorded == 0 || side.CPU <= 0 || r.readLate(side) {
		return math.NaN()
	}
	return float64(max(0, side.CPU-side.Spin)) / float64(r.served(side))
}

// readLate reports whether a side's resources were read too late for values per message.
func (r *Repetition) readLate(side Resources) bool { return 20*side.Late > r.wall() }

// ManyStreams is the fewest streams for which memory per stream is meaningful. With fewer, the rest
// of the process dominates.
const ManyStreams = 1000

// MemoryPerStream returns the growth of one side's resident memory in bytes per stream; NaN if
// unknown.
func MemoryPerStream(of Resources, streams int) float64 {
	if of.BeforeBytes == 0 || of.RSSBytes == 0 || streams == 0 {
		return math.NaN()
	}
	return float64(of.RSSBytes-of.BeforeBytes) / float64(streams)
}

// WireBytesPerMessage returns the bytes on the client's connections, in both directions, per
// measured message.
func (r *Repetition) WireBytesPerMessage() float64 {
	if r.Counters.Recorded == 0 || r.readLate(r.Client) {
		return math.NaN()
	}
	return float64(r.Wire.SentBytes+r.Wire.ReceivedBytes) / float64(r.served(r.Client))
}

// Merged returns the merged response, service and lag histograms of the usable repetitions. The caller
// must not modify them: those of a single repetition are its own.
func (c *Cell) Merged() (response, service, lag Histogram) {
	all := c.Usable()
	if len(all) == 1 {
		return all[0].Response, all[0].Service, all[0].Lag
	}
	for _, r := range all {
		response.Merge(r.Response)
		service.Merge(r.Service)
		lag.Merge(r.Lag)
	}
	return response, service, lag
}

// Percentile returns percentile p of the response times, or their maximum for Maximum, over the
// repetitions in which it is usable. merged is the response histogram from Merged. The percentile
// is unknown if these repetitions have too few independent messages, or are not more than half of
// all: they would be the calm ones and no fair sample. The maximum is known only if it is usable in
// all repetitions.
func (c *Cell) Percentile(merged Histogram, p float64) (time.Duration, bool) {
	usable, known := c.known(p)
	if !known {
		return 0, false
	}
	return c.mergedOf(usable, merged).Quantile(p), true
}

// known reports whether Percentile knows p, and in which repetitions it is usable.
func (c *Cell) known(p float64) (usable []*Repetition, known bool) {
	usable = c.having(func(r *Repetition) bool { return r.UsableTime(p) })
	return usable, c.representedBy(usable, p) && messages(usable) > 0
}

// messages returns the number of response times of some repetitions.
func messages(some []*Repetition) (n int64) {
	for _, r := range some {
		n += r.Response.Count()
	}
	return n
}

// having returns the repetitions that are not discarded and fulfil a condition.
func (c *Cell) having(condition func(*Repetition) bool) []*Repetition {
	return slices.DeleteFunc(c.Usable(), func(r *Repetition) bool { return !condition(r) })
}

// representedBy reports whether some of the repetitions that are not discarded represent all of them in
// percentile p, and together have enough independent messages for it.
func (c *Cell) representedBy(some []*Repetition, p float64) bool {
	all, n := len(c.Usable()), int64(0)
	for _, r := range some {
		n += r.Independent(p)
	}
	return n >= SamplesFor(p) && (len(some) == all || p < Maximum && 2*len(some) > all)
}

// mergedOf merges the response times of some repetitions. all are those of all of them.
func (c *Cell) mergedOf(some []*Repetition, all Histogram) (merged Histogram) {
	if len(some) == len(c.Usable()) {
		return all
	}
	for _, r := range some {
		merged.Merge(r.Response)
	}
	return merged
}

// UsableInAll reports whether percentile p is usable in every repetition that is not discarded.
func (c *Cell) UsableInAll(p float64) bool {
	return !slices.ContainsFunc(c.Usable(), func(r *Repetition) bool { return !r.UsableTime(p) })
}

// UpperBound returns an upper bound of a percentile that Percentile does not know. It exists if the
// percentile is usable or an upper bound in more than half of the repetitions, for the maximum in all.
func (c *Cell) UpperBound(merged Histogram, p float64) (time.Duration, bool) {
	below, bounded := c.boundedAbove(p)
	if !bounded {
		return 0, false
	}
	return c.mergedOf(below, merged).Quantile(p), true
}

// boundedAbove reports whether p has an UpperBound, and in which repetitions it is usable or an upper bound.
func (c *Cell) boundedAbove(p float64) (some []*Repetition, bounded bool) {
	if _, known := c.known(p); known || c.UsableInAll(p) {
		return nil, false
	}
	metric := TimeMetric(p)
	some = c.having(func(r *Repetition) bool { return r.Usable(metric) || r.IsUpperBound(metric) })
	return some, c.representedBy(some, p) && messages(some) >= SamplesFor(p)
}

// Interval returns percentile p with the confidence interval of its median over the repetitions,
// widened to include it. Median is NaN if the percentile is unknown.
func (c *Cell) Interval(merged Histogram, p, confidence float64) stats.Interval {
	in := stats.MedianInterval(c.Values(func(r *Repetition) float64 { return r.Time(p) }), confidence)
	at, known := c.Percentile(merged, p)
	if !known {
		return stats.Interval{Median: math.NaN(), Low: math.NaN(), High: math.NaN()}
	}
	in.Median = float64(at)
	if in.N == 0 { // known only over all repetitions together
		in.Low, in.High = in.Median, in.Median
	}
	in.Low, in.High = min(in.Low, in.Median), max(in.High, in.Median)
	return in
}

// Usable returns the repetitions that are not discarded.
func (c *Cell) Usable() []*Repetition {
	var out []*Repetition
	for _, r := range c.Repetitions {
		if !r.Validity.Discarded {
			out = append(out, r)
		}
	}
	return out
}

// Values returns a metric of the usable repetitions that have it.
func (c *Cell) Values(metric func(*Repetition) float64) []float64 {
	var out []float64
	for _, r := range c.Usable() {
		if v := metric(r); !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

// Pairs returns the usable repetitions of two cells that ran side by side: those with the same
// index.
func Pairs(a, b *Cell) (pairs [][2]*Repetition) {
	for _, x := range a.Usable() {
		for _, y := range b.Usable() {
			if x.Index == y.Index {
				pairs = append(pairs, [2]*Repetition{x, y})
			}
		}
	}
	return pairs
}
