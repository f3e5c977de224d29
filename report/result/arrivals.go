package result

import (
	"cmp"
	"time"
)

// Arrivals describes the unsolicited messages of a target.
type Arrivals struct {
	// Gap is the time between two consecutive messages on a stream, across reconnects. First is the
	// time from opening a stream to its first message. A silence that lasts until the end of the
	// steady phase counts as a gap if it is the longest.
	Gap   Histogram `json:"gap_ns"`
	First Histogram `json:"first_ns"`
	// Untimed counts streams without a First time: receiving begins once all streams are open, and
	// their first message may have come before. Silent counts open streams that received nothing.
	Untimed uint64 `json:"first_untimed,omitempty"`
	Silent  uint64 `json:"silent_streams,omitempty"`
	// Stalls counts silences on a stream of at least StallAfter. Longest is the longest silence.
	Stalls     uint64        `json:"stalls"`
	StallAfter time.Duration `json:"stall_after_ns"`
	Longest    time.Duration `json:"longest_ns"`
	// Stamped counts messages whose server stamp differs from the previous one's. Bunched counts
	// those that nevertheless arrived together with the previous one: something in between held
	// them back.
	Stamped uint64 `json:"stamped,omitempty"`
	Bunched uint64 `json:"bunched,omitempty"`
	// Bound bounds the offset between the server's clock and this machine's, including the
	// resolution of the stamp; negative if unknown. Refused is the reason for rejecting one-way
	// times, if any.
	Bound   time.Duration `json:"clock_bound_ns,omitempty"`
	Refused string        `json:"one_way_refused,omitempty"`
}

// Arrivals merges the arrivals of all usable repetitions: it adds histograms and counts and keeps
// the longest silence and the widest bound. It returns nil if there are none. Bound is negative if
// it is unknown in any repetition.
func (c *Cell) Arrivals() *Arrivals {
	var sum *Arrivals
	for _, r := range c.Usable() {
		a := r.Arrivals
		if a == nil {
			continue
		}
		if sum == nil {
			sum = &Arrivals{StallAfter: a.StallAfter, Bound: a.Bound}
		}
		sum.add(a)
	}
	return sum
}

// add adds histograms and counts and keeps the longest silence and the widest bound, which is unknown if
// either is.
func (a *Arrivals) add(o *Arrivals) {
	unknown := a.Bound < 0 || o.Bound < 0
	a.Gap.Merge(o.Gap)
	a.First.Merge(o.First)
	a.Untimed += o.Untimed
	a.Silent += o.Silent
	a.Stalls += o.Stalls
	a.Longest = max(a.Longest, o.Longest)
	a.Stamped += o.Stamped
	a.Bunched += o.Bunched
	if a.Bound = max(a.Bound, o.Bound); unknown {
		a.Bound = -1
	}
	a.Refused = cmp.Or(a.Refused, o.Refused)
}

// minStamped is the number of stamped messages that Bunching needs.
const minStamped = 20

// Bunching returns the share of stamped messages that arrived together with the previous one, and
// whether it is high enough (more than half of at least 20) to conclude that something holds
// messages back.
func (a *Arrivals) Bunching() (share float64, held bool) {
	if a == nil || a.Stamped < minStamped {
		return 0, false
	}
	share = float64(a.Bunched) / float64(a.Stamped)
	return share, share > 0.5
}
