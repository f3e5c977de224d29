package record

import (
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/codec"
)

// A Receiver counts each measured message of a stream and records its times if it
// belongs to the steady phase. It belongs to the goroutine of its
// Recorder, which several Receivers may share.
type Receiver struct {
	Sequence Sequence
	// Seqs holds the sequence numbers due in the steady phase, which assign a phase to
	// replies without an intended time. It is nil if the sender is another process.
	Seqs     *Seqs
	recorder *Recorder
	flow     flowBuilder
}

// Seqs is the range of sequence numbers due in the steady phase. One goroutine adds to
// it; any goroutine may query it. The zero value is empty.
type Seqs struct{ first, last atomic.Uint64 } // each plus one

// Note adds seq, which must be above all earlier ones.
func (s *Seqs) Note(seq uint64) {
	if s.first.Load() == 0 {
		s.first.Store(seq + 1)
	}
	s.last.Store(seq + 1)
}

// Range returns the first number and the one after the last; equal if there is none.
func (s *Seqs) Range() (first, next uint64) {
	if first = s.first.Load(); first == 0 {
		return 0, 0
	}
	return first - 1, s.last.Load()
}

// Has reports whether seq was added.
func (s *Seqs) Has(seq uint64) bool {
	first := s.first.Load()
	return first > 0 && seq+1 >= first && seq < s.last.Load()
}

// NewReceiver returns a receiver for the stream of call c that records with r. It may be called while r records, but
// by one goroutine at a time.
func NewReceiver(r *Recorder, c proto.Call) *Receiver {
	return &Receiver{recorder: r, flow: flowBuilder{flowPlan: r.planOf(c)}}
}

// Note counts a message with header h and outcome o, one of those of a numbered message, received
// at the time received. It reports whether the message is the first with its number. One without an
// intended time (0) is counted but not measured.
func (r *Receiver) Note(h proto.Header, o codec.Outcome, received int64) bool {
	if o == codec.Corrupt {
		r.Sequence.NoteCorrupt(r.corruptIn(&h, received))
		return false
	}
	steady := r.steady(&h, received)
	// A duplicate is counted but not measured: it would replace a lost message.
	if !r.Sequence.Note(h.Seq, steady) {
		return false
	}
	if r.recorder.sink.Steady(received) {
		r.recorder.arrived++
	}
	switch {
	case o != codec.Intact:
		r.Sequence.NoteWrong(steady)
	case steady && r.recorder.sink.Steady(h.Intended):
		m := r.recorder.next(received)
		r.flow.take(m, &h, received)
		m.excess = r.recorder.sink.bunching.excess(h.Intended, h.Sent)
		m.kind = r.recorder.sink.kindOf(&h)
	case r.recorder.sink.window.InLead(h.Intended):
		r.recorder.led++
	}
	return true
}

// corruptIn reports whether a corrupt message belongs to the steady phase, judged by a
// plausible intended time or sequence number in its header, otherwise by its arrival: nothing is
// due after the steady phase.
func (r *Receiver) corruptIn(h *proto.Header, received int64) bool {
	const hour = int64(3600e9)
	switch {
	case h.Intended > max(0, received-hour) && h.Intended <= received:
		return r.recorder.sink.Steady(h.Intended)
	case r.Seqs != nil && r.Seqs.Has(h.Seq):
		return true
	}
	return received >= r.recorder.sink.window.From
}

// RecordTime records the time between two moments without counting a message.
func (r *Receiver) RecordTime(from, to int64) {
	r.recorder.Record(proto.Header{Intended: from, Sent: from}, to)
}

// steady reports whether a message was due in the steady phase or, if that is unknown,
// arrived in it.
func (r *Receiver) steady(h *proto.Header, received int64) bool {
	switch {
	case h.Intended != 0 || r.recorder.sink.Steady(0):
		return r.recorder.sink.Steady(h.Intended)
	case r.Seqs != nil:
		return r.Seqs.Has(h.Seq)
	}
	return r.recorder.sink.Steady(received)
}
