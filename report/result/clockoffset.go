package result

import (
	"time"

	"rtbench/proto/clock"
)

// A ClockOffset is how another clock agrees with the generator's, by readings before and after a repetition.
type ClockOffset struct {
	// Offset is the other clock minus the generator's, as the repetition assumes it, and Drift its change per
	// time. From beginning to end, it is wrong by at most Bound.
	Offset time.Duration `json:"offset_ns"`
	Drift  float64       `json:"drift"`
	Bound  time.Duration `json:"bound_ns"`
}

// OffsetOf returns how a clock agrees that was read before and after a repetition, which assumed the offset
// of the first reading. What the offset changes in between adds to the bound.
func OffsetOf(before, after clock.Reading) ClockOffset {
	moved := after.Offset - before.Offset
	o := ClockOffset{Offset: time.Duration(before.Offset), Bound: time.Duration(max(before.Bound, max(moved, -moved)+after.Bound))}
	if passed := after.At - before.At; passed > 0 {
		o.Drift = float64(moved) / float64(passed)
	}
	return o
}

// lessKnown returns the offset with the wider bound. Negative bounds are unknown; nil is no offset.
func lessKnown(a, b *ClockOffset) *ClockOffset {
	switch {
	case a == nil:
		return b
	case b == nil || a.Bound < 0 || b.Bound >= 0 && a.Bound >= b.Bound:
		return a
	}
	return b
}

// ServerClock returns the ServerClock of the repetition that knows it least; nil if none has any.
func (c *Cell) ServerClock() (o *ClockOffset) {
	for _, r := range c.Usable() {
		o = lessKnown(o, r.ServerClock)
	}
	return o
}

// leastOfBound is how many times the bound of two clocks' offset a one-way time must be to be reported.
const leastOfBound = 10

// judgeClock withholds the times that the offset of two clocks may change by more than a tenth.
func judgeClock(v *Validity, r *Repetition) {
	o := r.ServerClock
	switch {
	case o == nil:
		return
	case o.Bound < 0:
		v.add(Finding{Word: Limited, Unusable: allTimes()}, "the server stamps messages by its own clock, whose offset is unknown (only `rtbench serve` tells it, at its control address)")
		return
	}
	var names []string
	unknown := func(t time.Duration) bool { return t < leastOfBound*o.Bound }
	for _, p := range timeMetrics {
		if unknown(r.Response.Quantile(p)) {
			names = append(names, MetricName(p))
		}
	}
	if unknown(time.Duration(r.Response.Mean())) {
		names = append(names, MeanMetric)
	}
	if len(names) > 0 {
		v.add(Finding{Word: Limited, Unusable: names}, "the clocks of server and generator agree within %s only, which is more than a tenth of these times", formatDuration(o.Bound))
	}
}
