package result

import (
	"math"
	"slices"
	"time"

	"rtbench/report/stats"
)

// Bursts describes how times depend on the time since a burst began, over all periods of the steady phase.
type Bursts struct {
	Period time.Duration `json:"period_ns"`
	On     time.Duration `json:"burst_ns"` // the first part of each period
	// Parts are parts of the period: of the burst, and of the rest.
	Parts []BurstPart `json:"parts"`
	// Backlog has, for each period, the most messages that were due and not answered at any time. Drained is the time
	// from the end of the burst until no more messages waited than usually do before the next burst; negative if that
	// took longer than half of the time between bursts. Both are empty if agents shared the load, as none of them
	// knows the backlog of all.
	Backlog []int64         `json:"backlog,omitempty"`
	Drained []time.Duration `json:"drained_ns,omitempty"`
}

// A BurstPart is a part of the period.
type BurstPart struct {
	Start  time.Duration `json:"start_ns"` // since the burst began
	Length time.Duration `json:"length_ns"`
	// Response has the times of the messages due in the part, and Waiting the messages that were due and not answered
	// at its end, on average.
	Response Histogram `json:"response_ns,omitzero"`
	Waiting  Number    `json:"waiting"`
}

// combineBursts adds the bursts of all shares. There are none if a share has none, whose steady phase was cut short.
func combineBursts(shares []*Repetition) (sum *Bursts) {
	for i, r := range shares {
		switch {
		case r.Bursts == nil:
			return nil
		case i == 0:
			sum = r.Bursts
		default:
			sum = sum.plus(r.Bursts)
		}
	}
	return sum
}

// plus adds the bursts of another share.
func (b *Bursts) plus(o *Bursts) *Bursts {
	sum := &Bursts{Period: b.Period, On: b.On, Parts: slices.Clone(b.Parts)}
	sum.addParts(o)
	for i := range sum.Parts {
		sum.Parts[i].Waiting += o.Parts[i].Waiting
	}
	return sum
}

func (b *Bursts) addParts(o *Bursts) {
	for i := range b.Parts {
		merged := b.Parts[i].Response.Decoded()
		merged.Merge(o.Parts[i].Response)
		b.Parts[i].Response = merged
	}
}

// Bursts merges those of the repetitions that are used: times by adding counts, the waiting messages as a mean, and
// the periods one after the other. It is nil without bursts.
func (c *Cell) Bursts() (sum *Bursts) {
	n := 0
	for _, r := range c.Usable() {
		if r.Bursts == nil || sum != nil && len(r.Bursts.Parts) != len(sum.Parts) {
			continue
		}
		if n++; sum == nil {
			sum = &Bursts{Period: r.Bursts.Period, On: r.Bursts.On, Parts: make([]BurstPart, len(r.Bursts.Parts))}
			for i, p := range r.Bursts.Parts {
				sum.Parts[i] = BurstPart{Start: p.Start, Length: p.Length}
			}
		}
		sum.addParts(r.Bursts)
		for i, p := range r.Bursts.Parts {
			sum.Parts[i].Waiting += (p.Waiting - sum.Parts[i].Waiting) / Number(n)
		}
		sum.Backlog, sum.Drained = append(sum.Backlog, r.Bursts.Backlog...), append(sum.Drained, r.Bursts.Drained...)
	}
	return sum
}

// InBurst merges the times of the messages due in bursts.
func (b *Bursts) InBurst() Histogram { return b.merge(0, b.On) }

// Between merges the times of the messages due in the second half of the time between bursts, when bursts are over.
func (b *Bursts) Between() Histogram { return b.merge((b.On+b.Period)/2, b.Period) }

// merge merges the times of the parts that lie between two times.
func (b *Bursts) merge(from, to time.Duration) (sum Histogram) {
	for _, p := range b.Parts {
		if p.Start >= from && p.Start+p.Length <= to {
			sum.Merge(p.Response)
		}
	}
	return sum
}

// MostWaiting returns the largest backlog of a period: the median over the periods, with its interval.
func (b *Bursts) MostWaiting(confidence float64) stats.Interval {
	list := make([]float64, len(b.Backlog))
	for i, n := range b.Backlog {
		list[i] = float64(n)
	}
	return stats.MedianInterval(list, confidence)
}

// DrainTime returns the time from the end of a burst until no more messages waited than usually do before the next
// one: the median over the periods, with its interval. It is infinite if that took longer than half of the time
// between bursts.
func (b *Bursts) DrainTime(confidence float64) stats.Interval {
	list := make([]float64, len(b.Drained))
	for i, d := range b.Drained {
		if list[i] = float64(d); d < 0 {
			list[i] = math.Inf(1)
		}
	}
	return stats.MedianInterval(list, confidence)
}
