package record

import (
	"slices"
	"time"
)

// A Live is a look at the steady phase so far, without messages still held by Recorders.
type Live struct {
	Count    int64 // response times
	P50, P99 Glance
	Flow     Flow
	// Slots counts the messages of each complete slot of the timeline, empty ones left out. In a long
	// phase the last few are not in it yet.
	Slots []int
}

// A Glance is a percentile of the response times so far.
type Glance struct {
	// At is the percentile, and Low what it had been at least if every message had been sent on time.
	At, Low time.Duration
	// Beyond counts the messages above At in each of Live.Slots.
	Beyond []int
}

// Live looks at the times so far. It is called often, builds no histograms, and does not hold up the
// recorders while it reads earlier slots.
func (s *Sink) Live() Live {
	s.mu.Lock()
	l := Live{Flow: s.flow}
	sum := func(kind, i int) int64 { return s.total[kind].n[i] + int64(s.now[kind].n[i]) }
	var at50, at99 int
	l.Count, at50, at99 = percentiles(s.inUse(response), func(i int) int64 { return sum(response, i) })
	_, low50, low99 := percentiles(s.inUse(service, least), func(i int) int64 {
		if s.now[long].n == nil {
			return sum(service, i)
		}
		return sum(service, i) + sum(least, i) - sum(long, i)
	})
	spread := s.spread
	var unread []packed
	if n := len(s.slots); n > spread.read+spread.read/50 { // so that all looks together take no longer in a long phase
		unread = slices.Clone(s.slots) // what they hold is only appended to
	}
	s.mu.Unlock()
	if l.Count == 0 {
		return l
	}
	if unread != nil {
		spread = spreadOf(unread, at50, at99)
		s.mu.Lock()
		s.spread = spread
		s.mu.Unlock()
	}
	l.P50 = Glance{time.Duration(highest(at50)), time.Duration(highest(low50)), spread.beyond50}
	l.P99 = Glance{time.Duration(highest(at99)), time.Duration(highest(low99)), spread.beyond99}
	l.Slots = spread.slots
	return l
}

// A spread tells how messages are spread over the slots that were read; see Live.
type spread struct {
	read                      int
	slots, beyond50, beyond99 []int
}

func spreadOf(slots []packed, at50, at99 int) spread {
	out := spread{read: len(slots)}
	for i := range slots {
		if n, above50, above99 := slots[i].beyond(at50, at99); n > 0 {
			out.slots = append(out.slots, n)
			out.beyond50, out.beyond99 = append(out.beyond50, above50), append(out.beyond99, above99)
		}
	}
	return out
}

// A span is a range of indexes: [lo, hi).
type span struct{ lo, hi int }

// inUse returns the range of the indexes that any of these kinds uses. Times that may be longer than they had to be
// (long) are service times as well.
func (s *Sink) inUse(all ...int) span {
	in := span{lo: indexes}
	for _, k := range all {
		in.lo, in.hi = min(in.lo, s.total[k].lo, s.now[k].lo), max(in.hi, s.total[k].hi, s.now[k].hi)
	}
	return in
}

// percentiles returns the sum of counts by index, of which only those in the range are not 0, and the indexes of p50
// and p99.
func percentiles(in span, count func(i int) int64) (n int64, p50, p99 int) {
	for i := in.lo; i < in.hi; i++ {
		n += count(i)
	}
	p50 = -1
	var seen int64
	for i := in.lo; i < in.hi; i++ {
		seen += count(i)
		if p50 < 0 && 2*seen >= n {
			p50 = i
		}
		if 100*seen >= 99*n {
			return n, p50, i
		}
	}
	return n, p50, indexes - 1
}

// beyond returns the sum of the counts, and that of the counts above each of two indexes.
func (p *packed) beyond(low, high int) (n, aboveLow, aboveHigh int) {
	p.each(func(i int, count int64) {
		n += int(count)
		if i > low {
			aboveLow += int(count)
		}
		if i > high {
			aboveHigh += int(count)
		}
	})
	return n, aboveLow, aboveHigh
}
