package record

import (
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto"
)

// A Receiver is what is done with each measured message of a stream that arrives:
// verify it, enter it in the ledger, record it if it belongs to the steady phase. It
// belongs to the goroutine of its Recorder, which those of many streams may share.
type Receiver struct {
	Ledger Ledger
	// Seqs are the numbers of the messages that the sender had due in the steady phase, by
	// which the phase of a reply is known that does not say when its message was due; nil
	// where the sender is not here.
	Seqs     *Seqs
	recorder *Recorder
	follower follower
	text     bool
}

// Seqs is the range of the sequence numbers due in the steady phase. One goroutine fills it
// in, any may ask. The zero value holds none.
type Seqs struct{ first, last atomic.Uint64 } // each and one

// Note adds seq, which is above all before it.
func (s *Seqs) Note(seq uint64) {
	if s.first.Load() == 0 {
		s.first.Store(seq + 1)
	}
	s.last.Store(seq + 1)
}

// Has says whether seq was added.
func (s *Seqs) Has(seq uint64) bool {
	first := s.first.Load()
	return first > 0 && seq+1 >= first && seq < s.last.Load()
}

// NewReceiver returns a receiver of the messages of the stream that c asks for, which
// records with r.
func NewReceiver(r *Recorder, c proto.Call) *Receiver {
	return &Receiver{recorder: r, follower: newFollower(c), text: c.Text}
}

// Take takes message p, which arrived at received, and returns its header. False
// means that it was corrupt, and counted as such.
func (r *Receiver) Take(p []byte, received int64) (proto.Header, bool) {
	h, err := proto.ParseHeader(p, r.text)
	if err != nil {
		r.Ledger.NoteCorrupt(r.corruptIn(p, received))
		return h, false
	}
	if r.Note(h, received) && h.Intended == 0 && !r.recorder.sink.Steady(0) {
		r.Ledger.Wrong++ // it answers a message and is not to be measured
		if r.steady(&h, received) {
			r.Ledger.Steady.Wrong++
		}
	}
	return h, true
}

// NoteCorrupt counts a message that cannot be told from others: by when it arrived, since
// what arrives after the steady phase was due in it.
func (r *Receiver) NoteCorrupt(received int64) {
	r.Ledger.NoteCorrupt(received >= r.recorder.sink.from)
}

// corruptIn reports whether a corrupt message belongs to the steady phase: by its header, if
// that says when it was due or has the number of a message of that phase, else by when it
// arrived.
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

// Note takes what stands for a message that carries no header of ours and says whether it
// is the first time. One that does not say when it was due (Intended 0) is not measured.
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

// RecordTime records the time from one moment to another which no message of its own ends.
func (r *Receiver) RecordTime(from, to int64) {
	r.recorder.Record(proto.Header{Intended: from, Sent: from}, to)
}

// steady says whether a message was due in the steady phase; where that is not known,
// whether it arrived in it.
func (r *Receiver) steady(h *proto.Header, received int64) bool {
	switch {
	case h.Intended != 0 || r.recorder.sink.Steady(0):
		return r.recorder.sink.Steady(h.Intended)
	case r.Seqs != nil:
		return r.Seqs.Has(h.Seq)
	}
	return r.recorder.sink.Steady(received)
}

// A Summary is the server's one answer to an upload: what arrived, measured at
// its end. Its form on the wire is JSON, which every protocol can carry.
type Summary struct {
	// Ledger is the stream's own; what follows may be of other streams of its run too,
	// and nothing where they have told it.
	Ledger  Ledger `json:"ledger"`
	Steady  uint64 `json:"steady"`        // how many messages of the steady phase
	Lag     []byte `json:"lag,omitempty"` // histograms in the standard V2 encoding
	Service []byte `json:"service,omitempty"`
	// Response is received by the server − intended by the client.
	Response []byte `json:"response,omitempty"`
	Clamped  uint64 `json:"clamped"`
	Flow     Flow   `json:"flow"`
}

// Summarize returns the summary of a stream with that ledger, and in it what was
// recorded since Summarize was last called: where the streams of a run share a sink,
// their summaries together hold all of it once. Recorders are flushed before.
func (s *Sink) Summarize(l Ledger) (*Summary, error) {
	sum := &Summary{Ledger: l}
	t, flow, n := s.takeAll()
	if n == 0 {
		return sum, nil
	}
	sum.Steady, sum.Clamped, sum.Flow = n, t.Clamped, flow
	for _, e := range []struct {
		into *[]byte
		from *hdrhistogram.Histogram
	}{{&sum.Lag, t.Lag}, {&sum.Service, t.Service}, {&sum.Response, t.Response}} {
		b, err := Encode(e.from)
		if err != nil {
			return nil, fmt.Errorf("encoding the summary: %w", err)
		}
		*e.into = b
	}
	return sum, nil
}

// Encode returns the form on the wire.
func (s *Summary) Encode() ([]byte, error) { return json.Marshal(s) }

// Merge adds what a summary on the wire holds to s and returns the summary. The
// timeline stays without it: the server does not send one.
func (s *Sink) Merge(encoded []byte) (*Summary, error) {
	var sum Summary
	if err := json.Unmarshal(encoded, &sum); err != nil {
		return nil, fmt.Errorf("summary of the upload: %w", err)
	}
	if sum.Steady == 0 {
		return &sum, nil
	}
	h := Histograms{Clamped: sum.Clamped}
	for _, e := range []struct {
		into **hdrhistogram.Histogram
		from []byte
	}{{&h.Lag, sum.Lag}, {&h.Service, sum.Service}, {&h.Response, sum.Response}} {
		var err error
		if *e.into, err = Decode(e.from); err != nil {
			return nil, fmt.Errorf("summary of the upload: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.merged == nil {
		empty := NewHistograms()
		s.merged = &empty
	}
	s.merged.merge(&h)
	s.flow.Add(&sum.Flow)
	s.count.Add(sum.Steady)
	return &sum, nil
}
