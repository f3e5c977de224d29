package result

import (
	"math"
	"time"

	"rtbench/report/stats"
)

// Between merges the delivery times of messages that agents received from agents with other clocks. They are in
// no other histogram of the repetition.
func (r *Repetition) Between() (sum Histogram) {
	for i := range r.Agents {
		sum.Merge(r.Agents[i].Between)
	}
	return sum
}

// WithinTime returns percentile p of an agent's delivery times from agents with its clock.
func (r *Repetition) WithinTime(a *Agent, p float64) StatusTime {
	at, enough := a.Within.Percentile(p)
	return r.judged(p, at, enough)
}

// BetweenTime returns percentile p of an agent's delivery times from agents with other clocks, or a dash if the
// clocks may change it by more than a tenth.
func (r *Repetition) BetweenTime(a *Agent, p float64) StatusTime {
	at, enough := a.Between.Percentile(p)
	return r.judged(p, at, enough && r.Skew.knows(at))
}

// knows reports whether the clocks of two agents change a one-way time by at most a tenth.
func (s *Skew) knows(t time.Duration) bool {
	return s != nil && s.Bound >= 0 && t >= leastOfBound*s.Bound
}

// judgeBetween compares the messages from agents with other clocks with those that need no second clock. An
// error of an agent's clock makes all that it receives from others late, or early, by as much.
func judgeBetween(v *Validity, r *Repetition) {
	all := r.Between()
	if all.Count() == 0 {
		return
	}
	v.addReason("", "the times are those of %s of %s, whose senders had the receiver's clock; the others are apart, in the details", Grouped(r.Response.Count()), Plural(r.Counters.Recorded, "message"))
	if r.Skew == nil || r.Skew.Bound < 0 {
		return
	}
	worth := float64(r.Independent(50)) / float64(max(1, r.Response.Count()))
	for i := range r.Agents {
		a := &r.Agents[i]
		within, between := medianOf(a.Within, worth), medianOf(a.Between, worth)
		apart := max(between.low-within.high, within.low-between.high)
		if apart <= r.Skew.Bound || leastOfBound*apart <= within.high {
			continue
		}
		than := "earlier"
		if between.low > within.high {
			than = "later"
		}
		v.addReason(Limited, "agent %s received messages from agents with other clocks %s %s than from its own at the median, and clocks that agree within %s explain less: a clock is wrong, or the agents' ways to the server differ",
			a.Name, formatDuration(apart), than, formatDuration(r.Skew.Bound))
	}
}

// An interval contains a median.
type interval struct{ low, high time.Duration }

// medianConfidence is that of the intervals that are compared: of 1,000 comparisons, about one is wrong.
const medianConfidence = 0.999

// medianOf returns an interval of the median of times, each of which counts as so many independent ones. It is
// unlimited with too few.
func medianOf(h Histogram, worth float64) interval {
	h = h.Decoded()
	n := int(float64(h.Count()) * worth)
	low, high, _ := stats.QuantileRanks(n, 0.5, medianConfidence)
	if low < 1 || high > n {
		return interval{0, math.MaxInt64}
	}
	at := func(rank int) time.Duration { return h.Quantile(100 * float64(rank) / float64(n)) }
	return interval{at(low), at(high)}
}
