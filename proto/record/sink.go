package record

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// SlotLength is the length of one slot of the timeline.
const SlotLength = time.Second

// A Sink gathers what many Recorders measured in the steady phase of one run.
// Its methods may be called from any goroutine.
type Sink struct {
	from, to int64

	count atomic.Uint64

	mu    sync.Mutex
	total Histograms
	slots []*hdrhistogram.Histogram // of response times, by the second received in
	pack  [][]byte
}

// keepDense is how many slots stay unpacked: late answers go into old ones.
const keepDense = 64

// NewSink returns a sink for the steady phase [from, to), in nanoseconds of
// clock.Now. The histograms of up to a minute are made at once, so that the
// steady phase does not have to.
func NewSink(from, to int64) *Sink {
	s := &Sink{from: from, to: to, total: NewHistograms()}
	n := (to - from + int64(SlotLength) - 1) / int64(SlotLength)
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
	h := s.slot(slot)
	for _, t := range batch {
		s.total.record(t)
		// total.record has counted what is out of range.
		_ = h.RecordValue(min(max(t.Response, 0), Highest))
	}
}

func (s *Sink) slot(i int) *hdrhistogram.Histogram {
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

// Live returns the median and p99 of the response times so far.
func (s *Sink) Live() (p50, p99 time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total.Response.TotalCount() == 0 {
		return 0, 0
	}
	return time.Duration(s.total.Response.ValueAtPercentile(50)), time.Duration(s.total.Response.ValueAtPercentile(99))
}

// Timeline returns the response times by the second in which the answers came
// in, the first slot beginning with the steady phase. What came in after its end
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
