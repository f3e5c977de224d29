package record

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// SlotLength is the length of one slot of the timeline of a steady phase: a
// second, or a tenth of a short phase, so that a drift within it can be seen, but
// not under 20 ms.
func SlotLength(steady time.Duration) time.Duration {
	return min(time.Second, max(steady/10, 20*time.Millisecond))
}

// A Sink gathers what many Recorders measured in the steady phase of one run.
// Its methods may be called from any goroutine.
type Sink struct {
	from, to int64
	slot     int64 // the length of one

	count atomic.Uint64

	mu    sync.Mutex
	total Histograms
	flow  Flow
	slots []*hdrhistogram.Histogram // of response times, by the slot received in
	pack  [][]byte
}

// keepDense is how many slots stay unpacked: late answers go into old ones.
const keepDense = 64

// NewSink returns a sink for the steady phase [from, to), in nanoseconds of
// clock.Now. The histograms of up to a minute are made at once, so that the
// steady phase does not have to.
func NewSink(from, to int64) *Sink {
	slot := int64(SlotLength(time.Duration(to - from)))
	s := &Sink{from: from, to: to, slot: slot, total: NewHistograms()}
	n := (to - from + slot - 1) / slot
	for range min(n, keepDense) {
		s.slots = append(s.slots, NewHistogram())
	}
	s.pack = make([][]byte, len(s.slots))
	return s
}

// Count is how many messages have been recorded so far, those that Recorders
// still hold left out.
func (s *Sink) Count() uint64 { return s.count.Load() }

// add takes a batch of times whose messages were all received in one slot.
func (s *Sink) add(slot int, batch []Times) {
	s.count.Add(uint64(len(batch)))
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.slotAt(slot)
	for _, t := range batch {
		s.total.record(t)
		// total.record has counted what is out of range.
		_ = h.RecordValue(min(max(t.Response, 0), Highest))
	}
}

func (s *Sink) slotAt(i int) *hdrhistogram.Histogram {
	for len(s.slots) <= i {
		s.slots = append(s.slots, nil)
		s.pack = append(s.pack, nil)
	}
	if s.slots[i] == nil {
		s.slots[i] = s.unpack(i)
		if old := i - keepDense; old >= 0 && s.slots[old] != nil {
			if b, err := Encode(s.slots[old]); err == nil {
				s.pack[old], s.slots[old] = b, nil
			}
		}
	}
	return s.slots[i]
}

func (s *Sink) unpack(i int) *hdrhistogram.Histogram {
	if s.pack[i] != nil {
		if h, err := Decode(s.pack[i]); err == nil {
			return h
		}
	}
	return NewHistogram()
}

// Totals returns the histograms over the whole steady phase. They are the
// sink's own: call it when all recorders have been flushed.
func (s *Sink) Totals() Histograms {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

func (s *Sink) addFlow(f *Flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flow.Add(f)
}

// Flow returns the series' sums over all streams. Call it when all receivers
// have been flushed.
func (s *Sink) Flow() Flow {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flow
}

// Live returns the median and p99 of the response times so far.
func (s *Sink) Live() (p50, p99 time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total.Response.TotalCount() == 0 {
		return 0, 0
	}
	return time.Duration(s.total.Response.ValueAtPercentile(50)), time.Duration(s.total.Response.ValueAtPercentile(99))
}

// View calls look with the histograms so far, which it must not keep or change. It
// holds up the recorders meanwhile.
func (s *Sink) View(look func(Histograms)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look(s.total)
}

// Window returns the response times so far that came in between two times from
// the beginning of the steady phase, rounded to whole slots: a new histogram.
func (s *Sink) Window(from, to time.Duration) *hdrhistogram.Histogram {
	h := NewHistogram()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := int64(from) / s.slot; i*s.slot < int64(to) && i < int64(len(s.slots)); i++ {
		if s.slots[i] != nil {
			h.Merge(s.slots[i])
		}
	}
	return h
}

// Timeline returns the response times by the slot in which the answers came
// in, the first beginning with the steady phase. What came in after its end
// is in slots beyond it.
func (s *Sink) Timeline() []*hdrhistogram.Histogram {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*hdrhistogram.Histogram, len(s.slots))
	for i, h := range s.slots {
		if h == nil {
			h = s.unpack(i)
		}
		out[i] = h
	}
	return out
}

// Steady says whether a message due at intended belongs to the steady phase.
func (s *Sink) Steady(intended int64) bool { return intended >= s.from && intended < s.to }
