package result

import (
	"cmp"
	"math"
	"slices"
	"time"

	"rtbench/proto/record"
)

// combineStorms returns the storms of a repetition that several generators ran, each a share of its streams. An
// event of the scenario is one storm for all. Streams that the server ended by itself belong to one storm as they
// do on a single generator: while others are away, and for StormPause after that.
func combineStorms(shares []*Repetition) (all []Storm) {
	var unnamed []Storm
	for _, r := range shares {
		seen := map[string]int{}
		for _, s := range r.Storms {
			if s.Event == "" {
				unnamed = append(unnamed, s)
				continue
			}
			all = join(all, s, indexOfEvent(all, s.Event, seen[s.Event]))
			seen[s.Event]++
		}
	}
	byTime := func(a, b Storm) int { return cmp.Compare(a.At, b.At) }
	slices.SortStableFunc(unnamed, byTime)
	last := -1
	for _, s := range unnamed {
		if last >= 0 && s.At >= all[last].over() {
			last = -1
		}
		if all = join(all, s, last); last < 0 {
			last = len(all) - 1
		}
	}
	slices.SortStableFunc(all, byTime)
	return all
}

// indexOfEvent returns the index of the nth storm of an event, counted from 0; -1 if there are fewer.
func indexOfEvent(list []Storm, event string, n int) int {
	for i := range list {
		if list[i].Event != event {
			continue
		}
		if n == 0 {
			return i
		}
		n--
	}
	return -1
}

// join joins a storm with the ith of a list, or appends it if that is -1.
func join(list []Storm, s Storm, i int) []Storm {
	if i < 0 {
		return append(list, s)
	}
	list[i] = list[i].with(s)
	return list
}

// over returns from when on streams that the server ends belong to another storm.
func (s *Storm) over() time.Duration {
	if uint64(s.Back.Count())+s.GaveUp < s.Cut {
		return math.MaxInt64
	}
	return s.At + s.Back.Max() + StormPause
}

// with returns the storm of the streams of both, which counts from the beginning of the first.
func (s Storm) with(o Storm) Storm {
	if o.At < s.At {
		s, o = o, s
	}
	by := o.At - s.At
	var back Histogram
	back.Merge(s.Back)
	back.Merge(o.Back.later(by))
	s.Back, s.End = back, 0
	s.Cut, s.GaveUp, s.Attempts = s.Cut+o.Cut, s.GaveUp+o.GaveUp, s.Attempts+o.Attempts
	var refused map[string]uint64
	addClasses(&refused, s.Refused)
	addClasses(&refused, o.Refused)
	s.Refused = refused
	var ended map[string]uint64
	addClasses(&ended, s.Ended)
	addClasses(&ended, o.Ended)
	s.Ended, s.Partition, s.Restart = ended, s.Partition.with(o.Partition), cmp.Or(s.Restart, o.Restart)
	s.Slots = slices.Clone(s.Slots)
	for i, from := range o.Slots {
		if i += int((by + StormSlotLength/2) / StormSlotLength); i >= len(s.Slots) {
			s.Slots = append(s.Slots, make([]StormSlot, i+1-len(s.Slots))...)
		}
		s.Slots[i].add(from)
	}
	return s
}

// with returns the partition of the streams of both; nil if both are.
func (p *Partition) with(o *Partition) *Partition {
	if p == nil || o == nil {
		return cmp.Or(p, o)
	}
	sum := *p
	sum.Streams, sum.Delayed, sum.Unknown = p.Streams+o.Streams, p.Delayed+o.Delayed, p.Unknown || o.Unknown
	sum.Served = Histogram{}
	sum.Served.Merge(p.Served)
	sum.Served.Merge(o.Served)
	return &sum
}

func (s *StormSlot) add(o StormSlot) {
	s.Cut, s.Attempts, s.Refused, s.Back = s.Cut+o.Cut, s.Attempts+o.Attempts, s.Refused+o.Refused, s.Back+o.Back
}

// later returns the times, each longer by so much.
func (h Histogram) later(by time.Duration) Histogram {
	if by == 0 {
		return h
	}
	all := record.NewHistogram()
	for b := range h.Bars() {
		_ = all.RecordValues(min(b.From+int64(by), record.Highest), b.Count) // is in the range
	}
	return Wrap(all)
}

// add adds the messages of another share.
func (m *Missed) add(o Missed) {
	m.NotSent, m.Lost, m.Unknown = m.NotSent+o.NotSent, m.Lost+o.Lost, m.Unknown || o.Unknown
}
