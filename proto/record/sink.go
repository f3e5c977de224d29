package record

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto"
	"rtbench/proto/pace"
)

// SlotLength returns the length of a timeline slot: a tenth of the steady phase, between
// 20 ms and 1 s, so that drift shows even in a short phase. With turns, each round is a
// slot, of which the load's window is measured.
func SlotLength(w pace.Window) time.Duration {
	if w.Turns.Of > 0 {
		return w.Turns.Length(1)
	}
	return min(time.Second, max(w.Length()/10, 20*time.Millisecond))
}

// A Sink collects the measurements of many Recorders in the steady phase of a run. It
// holds histograms for the current slot of the timeline, others for the whole phase,
// and the earlier slots in packed form, 1 to 2 KB each. Its methods may be called from
// any goroutine.
type Sink struct {
	window pace.Window
	slot   int64 // length of a slot

	count, led, arrived atomic.Uint64

	mu      sync.Mutex
	now     [kinds]counts // in the current slot; those of long and least are made when needed
	current int
	total   [kinds]sums // of earlier slots
	slots   []packed    // response times by slot of arrival
	split   [][]int64   // response times by kind of message; see Split
	kind    func(stream uint32, seq uint64) int
	clamped uint64
	flow    Flow
	merged  *Histograms // measured elsewhere, or nil
	spread  spread      // of the last look that read the slots
	peek    *peek       // see Peek; nil before
	course  *Course     // see Follow; nil for none

	bunching bunching
	fold     *fold // nil without bursts
}

// Kinds of times. long are the service times that a late sender may have lengthened, and
// least what they were at least otherwise.
const (
	lag = iota
	service
	response
	long
	least
	kinds
)

// NewSink returns a sink for the steady phase w.
func NewSink(w pace.Window) *Sink {
	s := &Sink{window: w, slot: int64(SlotLength(w))}
	for kind := range s.now {
		if s.now[kind].lo, s.total[kind].lo = indexes, indexes; kind != long && kind != least {
			s.need(kind)
		}
	}
	return s
}

// need makes the counts of a kind of times, unless there are.
func (s *Sink) need(kind int) {
	if s.now[kind].n == nil {
		s.now[kind], s.total[kind] = newCounts(), newSums()
	}
}

// Count returns the number of recorded messages, without those still held by Recorders.
func (s *Sink) Count() uint64 { return s.count.Load() }

// Led returns the number of messages of the steady phase that were due in the lead of a turn:
// they are not recorded, but took resources.
func (s *Sink) Led() uint64 { return s.led.Load() }

// Arrived returns the number of distinct intact messages that arrived in the steady phase, whenever
// they were due. If many wait in buffers on their way, it differs from Count.
func (s *Sink) Arrived() uint64 { return s.arrived.Load() }

// add adds a batch of messages received in one slot.
func (s *Sink) add(slot int, batch []measured) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Add(uint64(len(batch)))
	if slot > s.current {
		s.startSlot(slot)
	}
	for i := range batch {
		m := &batch[i]
		s.clamped += s.now[lag].add(m.sent-m.intended) + s.now[service].add(m.received-m.sent)
		if slot == s.current {
			s.clamped += s.now[response].add(m.received - m.intended)
		} else {
			s.addLate(slot, m.received-m.intended)
		}
		if m.excess > 0 {
			s.need(long)
			s.need(least)
			s.now[long].add(m.received - m.sent)
			s.now[least].add(max(0, m.received-m.sent-int64(m.excess)<<unitBits))
		}
		s.flow.add(m)
		if s.course != nil {
			s.course.add(m)
		}
		if s.fold != nil {
			s.fold.add(m)
		}
		if s.split != nil {
			s.split[m.kind][index(min(max(m.received-m.intended, 0), Highest))]++
		}
	}
}

// Split makes s also count response times by kind, from 0 to below n. kind returns that of a message by its stream
// and sequence number. It must be called before the first message. Each kind takes 250 KB.
func (s *Sink) Split(n int, kind func(stream uint32, seq uint64) int) {
	s.kind = kind
	for range n {
		s.split = append(s.split, make([]int64, indexes))
	}
}

// kindOf returns the kind of the message with header h.
func (s *Sink) kindOf(h *proto.Header) uint8 {
	if s.kind == nil {
		return 0
	}
	return uint8(s.kind(h.Stream, h.Seq))
}

// Kinds returns new histograms of the response times by kind so far, without messages still held by
// Recorders.
func (s *Sink) Kinds() (all []*hdrhistogram.Histogram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, counts := range s.split {
		all = append(all, histogram(slices.Clone(counts)))
	}
	return all
}

// startSlot packs the current slot. Earlier slots may still receive messages.
func (s *Sink) startSlot(next int) {
	s.grow(next - 1)
	s.slots[s.current].bytes = s.now[response].pack(s.slots[s.current].bytes)
	for i := range s.now {
		s.now[i].moveTo(&s.total[i])
	}
	s.current = next
}

func (s *Sink) grow(slot int) {
	for len(s.slots) <= slot {
		s.slots = append(s.slots, packed{})
	}
}

func (s *Sink) addLate(slot int, v int64) {
	if v < 0 || v > Highest {
		s.clamped++
		v = min(max(v, 0), Highest)
	}
	s.slots[slot].late = append(s.slots[slot].late, uint16(index(v)))
	s.total[response].n[index(v)]++
	s.total[response].includes(index(v), index(v)+1)
}

// Totals returns new histograms of the whole steady phase so far, without messages still
// held by Recorders. It does not hold up the recorders while it makes them.
func (s *Sink) Totals() Histograms {
	s.mu.Lock()
	if s.merged != nil { // no recorders are at work
		defer s.mu.Unlock()
		return s.totals()
	}
	all, clamped := s.counts(), s.clamped
	s.mu.Unlock()
	return histogramsOf(all, clamped)
}

// Response returns the histogram of the response times that Totals returns, in a third of the time.
func (s *Sink) Response() *hdrhistogram.Histogram {
	s.mu.Lock()
	counts := slices.Clone(s.total[response].n)
	s.now[response].addTo(counts)
	s.mu.Unlock()
	return histogram(counts)
}

// counts returns copies of the counts by index.
func (s *Sink) counts() (total [kinds][]int64) {
	for i := range total {
		total[i] = slices.Clone(s.total[i].n)
		s.now[i].addTo(total[i])
	}
	return total
}

func (s *Sink) totals() Histograms {
	h := histogramsOf(s.counts(), s.clamped)
	if s.merged != nil {
		h.merge(s.merged)
	}
	return h
}

func histogramsOf(total [kinds][]int64, clamped uint64) Histograms {
	low := slices.Clone(total[service])
	for i := range total[least] {
		low[i] += total[least][i] - total[long][i]
	}
	return Histograms{Lag: histogram(total[lag]), Service: histogram(total[service]), Low: histogram(low), Response: histogram(total[response]), Clamped: clamped}
}

// takeAll returns and resets all measurements.
func (s *Sink) takeAll() (h Histograms, f Flow, n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n = s.count.Swap(0); n == 0 {
		return h, f, n
	}
	h, f = s.totals(), s.flow
	for i := range s.now {
		s.now[i].moveTo(&s.total[i])
		s.total[i].reset()
	}
	s.flow, s.clamped = Flow{}, 0
	return h, f, n
}

// Flow returns the sums over all streams. Flush all recorders first.
func (s *Sink) Flow() Flow {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flow
}

// Window returns a new histogram of the response times received between two times,
// measured from the start of the steady phase and rounded to whole slots.
func (s *Sink) Window(from, to time.Duration) *hdrhistogram.Histogram {
	total := make([]int64, indexes)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := int(int64(from) / s.slot); int64(i)*s.slot < int64(to); i++ {
		if !s.addSlot(i, total) {
			break
		}
	}
	return histogram(total)
}

// Timeline yields a new histogram of response times for each slot of arrival, starting
// with the steady phase; replies after its end are in later slots. Only one slot is
// unpacked at a time.
func (s *Sink) Timeline() iter.Seq2[int, *hdrhistogram.Histogram] {
	return func(yield func(int, *hdrhistogram.Histogram) bool) {
		total := make([]int64, indexes)
		for i := 0; s.slotInto(i, total) && yield(i, histogram(total)); i++ {
			clear(total)
		}
	}
}

func (s *Sink) slotInto(i int, total []int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addSlot(i, total)
}

// addSlot adds the response times of a slot to total. It returns false if the slot is in
// the future.
func (s *Sink) addSlot(i int, total []int64) bool {
	if i < len(s.slots) {
		s.slots[i].addTo(total)
	}
	if i == s.current {
		s.now[response].addTo(total)
	}
	return i <= s.current
}

// Steady reports whether a message due at intended belongs to the steady phase.
func (s *Sink) Steady(intended int64) bool { return s.window.Measures(intended) }
