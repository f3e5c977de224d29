package result

import (
	"math"
	"slices"
	"time"

	"rtbench/report/stats"
)

// Bounds returns the bounds of percentile p of the response times: between what they had been at
// least if every message had been sent on time, and what they were. Sent on time, no reply had come
// later; and it had come earlier by at most the lag and the queueing that late messages caused. The
// lag of messages that waited for the server is the server's.
func (r *Repetition) Bounds(p float64) (low, high time.Duration) {
	high = r.Response.Quantile(p)
	waited := 100 * float64(r.Counters.Waited) / float64(max(1, r.Counters.Planned))
	if r.Counters.Waited > 0 && waited >= 100-p {
		return high, high
	}
	return min(r.Least().Quantile(p), high), high
}

// TimeBounds returns the bounds of percentile p of the response times in nanoseconds, which are equal
// if it is usable. They are NaN if there are too few messages, or if it has no lower bound.
func (r *Repetition) TimeBounds(p float64) (low, high float64) {
	switch {
	case !r.bounded(p):
		return math.NaN(), math.NaN()
	case r.UsableTime(p):
		at := r.Time(p)
		return at, at
	}
	least, most := r.Bounds(p)
	return float64(least), float64(most)
}

// bounded reports whether percentile p of the response times is usable or has bounds, and there are enough
// messages for it.
func (r *Repetition) bounded(p float64) bool {
	name := TimeMetric(p)
	unbounded := func(f Finding) bool { return slices.Contains(f.Unusable, name) && !f.Bounded }
	return r.Response.Count() >= SamplesFor(p) &&
		(r.Usable(name) || r.IsUpperBound(name) && !slices.ContainsFunc(r.Validity.Findings, unbounded))
}

// Bounded returns the repetitions with bounds of percentile p of the response times; ok is false unless
// these are more than half, for the maximum all.
func (c *Cell) Bounded(p float64) (some []*Repetition, ok bool) {
	some = c.having(func(r *Repetition) bool { return r.bounded(p) })
	return some, c.representedBy(some, p)
}

// Least merges the lower bounds of the response times of some repetitions.
func Least(some []*Repetition) (merged Histogram) {
	for _, r := range some {
		merged.Merge(r.Least())
	}
	return merged
}

// Least returns what the response times had been at least if every message had been sent on time.
func (r *Repetition) Least() Histogram {
	switch {
	case !r.Low.IsZero() && r.Counters.backpressure() == "": // what waited for the server was not sent late
		return r.Low
	case !r.Service.IsZero():
		return r.Service
	}
	return r.Response
}

// WireLow bounds percentile p of the response times from below as a packet capture would show them: from
// the departure of a message to the arrival of its reply, without the generator's own part of Send and
// the time that the reply waited for it. known is false if that was not sampled.
func (r *Repetition) WireLow(p float64) (low time.Duration, known bool) {
	if p >= Maximum || r.Client.Receiving.Count() == 0 {
		return 0, false
	}
	parts := []Histogram{r.Client.Receiving}
	if r.Client.Sending.Count() > 0 {
		parts = append(parts, r.Client.Sending)
	}
	if r.Client.Receivers == Goroutines { // that of a library that writes, and the one that takes the message
		parts = append(parts, r.Client.Scheduling, r.Client.Scheduling)
	}
	var delays []stats.Delay
	for _, h := range parts {
		delays = append(delays, stats.Delay{
			N:        int(h.Count()),
			Quantile: func(q float64) float64 { return float64(h.Quantile(100 * q)) },
		})
	}
	least := r.Least()
	return time.Duration(stats.DelayedQuantile(p/100, func(q float64) float64 { return float64(least.Quantile(100 * q)) }, delays...)), true
}

// ClientTime returns about how much of a typical response time is the generator's own part, in
// nanoseconds: the median length of a send plus the median time that a reply waited until it was read.
// It is NaN if unknown.
func (r *Repetition) ClientTime() float64 {
	if r.Client.Receiving.Count() == 0 {
		return math.NaN()
	}
	return float64(r.Client.Sending.Quantile(50) + r.Client.Receiving.Quantile(50))
}
