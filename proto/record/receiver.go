package record

import (
	"sync/atomic"

	"rtbench/proto"
)

// A Receiver is what is done with each measured message of a stream that arrives:
// verify it, enter it in the ledger, record it if it belongs to the steady phase. It
// belongs to the goroutine of its Recorder, which those of many streams may share.
type Receiver struct {
	Ledger Ledger
	// Seqs holds the sequence numbers due in the steady phase. They give the phase of a reply
	// that does not carry its intended time. Nil if the sender is another process.
	Seqs     *Seqs
	recorder *Recorder
	follower flowBuilder
	text     bool
}

// Seqs is the range of the sequence numbers due in the steady phase. One goroutine fills it
// in, any may ask. The zero value holds none.
type Seqs struct{ first, last atomic.Uint64 } // each plus one

// Note adds seq, which is above all before it.
func (s *Seqs) Note(seq uint64) {
	if s.first.Load() == 0 {
		s.first.Store(seq + 1)
	}
	s.last.Store(seq + 1)
}

// Has reports whether seq was added.
func (s *Seqs) Has(seq uint64) bool {
	first := s.first.Load()
	return first > 0 && seq+1 >= first && seq < s.last.Load()
}

// NewReceiver returns a receiver of the messages of the stream that c asks for, which
// records with r.
func NewReceiver(r *Recorder, c proto.Call) *Receiver {
	return &Receiver{recorder: r, follower: newFlowBuilder(c), text: c.Text}
}

// Take takes message p, which arrived at received, and returns its header. False
// means that it was corrupt, and counted as such.
func (r *Receiver) Take(p []byte, received int64) (proto.Header, bool) {
	h, err := proto.ParseHeader(p, r.text)
	if err != nil {
		r.Ledger.NoteCorrupt(r.corruptIn(p, received))
		return h, false
	}
	if r.Note(h, received) && h.Intended == 0 && !r.recorder.sink.Steady(0) { // a failed reply
		r.Ledger.NoteWrong(r.steady(&h, received))
	}
	return h, true
}

// NoteCorrupt counts a corrupt message without a header, in the steady phase unless it arrived
// before: after the steady phase nothing is due.
func (r *Receiver) NoteCorrupt(received int64) {
	r.Ledger.NoteCorrupt(received >= r.recorder.sink.from)
}

// corruptIn reports whether a corrupt message belongs to the steady phase: by the intended time
// or the sequence number in its header if they are plausible, else by its arrival.
func (r *Receiver) corruptIn(p []byte, received int64) bool {
	const hour = int64(3600e9)
	h, fields := proto.PeekHeader(p, r.text)
	switch {
	case fields > 1 && h.Intended > received-hour && h.Intended <= received:
		return r.recorder.sink.Steady(h.Intended)
	case fields > 0 && r.Seqs != nil && r.Seqs.Has(h.Seq):
		return true
	}
	return received >= r.recorder.sink.from
}

// Note takes the header that stands for a message without one of ours, and reports whether it is
// the first of its number. A header without an intended time (0) is counted and not measured.
func (r *Receiver) Note(h proto.Header, received int64) bool {
	steady := r.steady(&h, received)
	// A duplicate is counted and not measured: it would stand in for one lost.
	if !r.Ledger.NoteIn(h.Seq, steady) {
		return false
	}
	if steady && r.recorder.sink.Steady(h.Intended) {
		r.follower.take(r.recorder.next(received), &h, received)
	}
	return true
}

// RecordTime records the time between two moments without counting a message.
func (r *Receiver) RecordTime(from, to int64) {
	r.recorder.Record(proto.Header{Intended: from, Sent: from}, to)
}

// steady reports whether a message was due in the steady phase or, if that is not known, arrived
// in it.
func (r *Receiver) steady(h *proto.Header, received int64) bool {
	switch {
	case h.Intended != 0 || r.recorder.sink.Steady(0):
		return r.recorder.sink.Steady(h.Intended)
	case r.Seqs != nil:
		return r.Seqs.Has(h.Seq)
	}
	return r.recorder.sink.Steady(received)
}
