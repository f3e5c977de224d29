package result

import (
	"time"
)

// Arrivals are what is known of a stream whose server sends by itself.
type Arrivals struct {
	// Gap is the time between two arrivals on a stream, also if it broke and was reopened between
	// them, First from its opening to the first. A silence that goes on when the steady phase ends
	// is a gap of that length if it is longer than all before.
	Gap   Histogram `json:"gap_ns"`
	First Histogram `json:"first_ns"`
	// Untimed counts the streams whose first message may have come before receiving began, which
	// is once all are open, so that First has no time of it. Silent counts those that were open
	// and on which no message came.
	Untimed uint64 `json:"first_untimed,omitempty"`
	Silent  uint64 `json:"silent_streams,omitempty"`
	// Stalls counts the times in which nothing came of a stream for StallAfter, Longest is the
	// longest silence.
	Stalls     uint64        `json:"stalls"`
	StallAfter time.Duration `json:"stall_after_ns"`
	Longest    time.Duration `json:"longest_ns"`
	// Stamped counts the messages with a stamp of the server's, apart from the one before, and
	// Bunched those of them that came together with it although they were stamped apart:
	// something on the way holds messages back.
	Stamped uint64 `json:"stamped,omitempty"`
	Bunched uint64 `json:"bunched,omitempty"`
	// Bound is how far the server's clock may be from this machine's, resolution of the stamp
	// included; negative: not known. Refused says why there are no one-way times, if so.
	Bound   time.Duration `json:"clock_bound_ns,omitempty"`
	Refused string        `json:"one_way_refused,omitempty"`
}

// Arrivals are those of the repetitions that Merged would merge, together: histograms and
// counts added, the longest silence and the widest bound; nil where there are none. A bound
// is not known where it is not of any of them.
func (c *Cell) Arrivals() *Arrivals {
	var sum *Arrivals
	unknown := false
	for _, r := range c.usable() {
		a := r.Arrivals
		if a == nil {
			continue
		}
		if sum == nil {
			sum = &Arrivals{StallAfter: a.StallAfter, Bound: a.Bound}
		}
		sum.Gap.Merge(a.Gap)
		sum.First.Merge(a.First)
		sum.Untimed += a.Untimed
		sum.Silent += a.Silent
		sum.Stalls += a.Stalls
		sum.Longest = max(sum.Longest, a.Longest)
		sum.Stamped += a.Stamped
		sum.Bunched += a.Bunched
		if sum.Bound = max(sum.Bound, a.Bound); a.Bound < 0 || unknown {
			sum.Bound, unknown = -1, true
		}
		if sum.Refused == "" {
			sum.Refused = a.Refused
		}
	}
	return sum
}

// minStamped is how many stamped messages tell whether something holds them back.
const minStamped = 20

// Bunching says whether something on the way holds messages back, and the share of those
// stamped apart that came together: more than half of at least 20.
func (a *Arrivals) Bunching() (share float64, held bool) {
	if a == nil || a.Stamped < minStamped {
		return 0, false
	}
	share = float64(a.Bunched) / float64(a.Stamped)
	return share, share > 0.5
}
