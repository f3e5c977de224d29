package record

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/pace"
)

// A Course divides the steady phase into slots of equal length and counts the measured messages both by the slot
// in which they were due and by that in which they were received, so that it shows a queue that builds up and
// drains. It takes 2 bytes for each message. A Sink fills it; read it once all recorders have flushed.
type Course struct {
	from, mark, slot int64
	planned          []uint64
	answered         []uint64   // by slot of receipt
	times            [][]uint16 // indexes of response times, by slot of the time when messages were due
	queued, unsent   uint64
}

// NewCourse returns a course of w. mark is a time after the beginning of w, and slot the length of a slot, which
// divides mark. planned has the messages due in each slot.
func NewCourse(w pace.Window, mark, slot time.Duration, planned []uint64) *Course {
	c := &Course{from: w.From, mark: w.From + int64(mark), slot: int64(slot), planned: planned}
	c.answered, c.times = make([]uint64, len(planned)), make([][]uint16, len(planned))
	for i, n := range planned {
		c.times[i] = make([]uint16, 0, n)
	}
	return c
}

// Follow makes s fill c. It must be called before the first message.
func (s *Sink) Follow(c *Course) { s.course = c }

// add adds a message.
func (c *Course) add(m *measured) {
	if due := int((m.intended - c.from) / c.slot); due >= 0 && due < len(c.times) {
		c.times[due] = append(c.times[due], uint16(index(min(max(m.received-m.intended, 0), Highest))))
	}
	at := max(0, int((m.received-c.from)/c.slot))
	for at >= len(c.answered) {
		c.answered = append(c.answered, 0)
	}
	c.answered[at]++
	if m.intended >= c.mark {
		return
	}
	if m.received >= c.mark {
		c.queued++
	}
	if m.sent >= c.mark {
		c.unsent++
	}
}

// Slot returns the length of a slot.
func (c *Course) Slot() time.Duration { return time.Duration(c.slot) }

// Slots returns the number of slots in which messages were due.
func (c *Course) Slots() int { return len(c.planned) }

// Mark returns the first slot from the mark on.
func (c *Course) Mark() int { return int((c.mark - c.from) / c.slot) }

// Queued returns the number of messages that were due before the mark and were answered after it, and how many of
// them were also sent after it.
func (c *Course) Queued() (queued, unsent uint64) { return c.queued, c.unsent }

// Due returns the number of messages due in slots [from, to), and how many of them were answered.
func (c *Course) Due(from, to int) (due, answered uint64) {
	for i := from; i < to; i++ {
		due += c.planned[i]
		answered += uint64(len(c.times[i]))
	}
	return due, answered
}

// Response returns the response times of the messages that were due in slots [from, to).
func (c *Course) Response(from, to int) *hdrhistogram.Histogram {
	total := make([]int64, indexes)
	for i := from; i < to; i++ {
		for _, at := range c.times[i] {
			total[at]++
		}
	}
	return histogram(total)
}

// Backlog returns, for the end of each slot, the number of messages that were due and would be answered later.
// Messages that were never answered are left out, since nobody knows when the server gave them up.
func (c *Course) Backlog() []uint64 {
	out := make([]uint64, len(c.answered))
	var due, answered uint64
	for i := range out {
		if i < len(c.times) {
			due += uint64(len(c.times[i]))
		}
		answered += c.answered[i]
		out[i] = due - min(due, answered)
	}
	return out
}
