package loadgen

import (
	"sync/atomic"
	"time"

	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/record"
)

// arrivals are what a stream's receiver notes where the server sends by itself.
type arrivals struct {
	hasHeader    bool             // messages have a number or a stamp, which a header of ours stands for
	gap          *record.Receiver // of stamped messages, whose times are one-way
	lastOnStream int64            // when the message before came; 0: none has, on this stream
	lastArrival  int64            // the same on any of its streams
	stamp        int64            // of the message before
	seq          uint64
	// first is from the opening of each of its streams to the first message, and listening when
	// the first of them began to be received from.
	first        []int64
	untimed      uint64 // of its streams, whose first message has no time
	receiveStart int64
	stalls       uint64
	longest      int64
	stamped      uint64
	bunched      uint64
	recorder     *record.Recorder
	// sawLater says that a message has come that is no part of the run, which is over, and after
	// counts those.
	sawLater atomic.Bool
	after    uint64
	// missing is how many numbers were passed over so far and have not come, for who waits for
	// them.
	missing atomic.Uint64
}

// minBunchSpacing is from what distance of two stamps on their arrivals are looked at: below
// it the machine alone brings messages together.
const minBunchSpacing = int64(time.Millisecond)

// push takes the messages of a server that sends by itself.
type push struct{ *exchange }

// Message implements proto.Handler.
func (e push) Message(p []byte, at int64) {
	a := e.custom.arrivals
	h := proto.Header{Seq: a.seq, Stream: uint32(e.call.Share)}
	a.seq++
	e.answered.Store(a.seq)
	if a.hasHeader {
		var err error
		if h, err = proto.ParseHeader(p, e.call.Text); err != nil {
			e.receiver.NoteCorrupt(at)
			return
		}
	}
	if script.IsUnstamped(&h) {
		e.takeUnstamped(at)
		return
	}
	if a.gap != nil && !e.r.stamped.Load() {
		e.r.stamped.Store(true)
	}
	first, before, stamp := a.lastOnStream == 0, a.lastOnStream, h.Intended
	a.lastOnStream = at
	if left := e.r.runEnd.Load(); left != 0 && e.afterRun(&h, left) {
		a.stamp = stamp
		a.after++
		return
	}
	if h.Intended == proto.NotMeasured { // not as expected, and not lost
		a.lastOnStream = before
		e.noteWrong(h.Seq)
		return
	}
	switch {
	case a.gap != nil && stamp == 0: // which could not be read: it has arrived, and fails
		e.noteWrong(h.Seq)
	case a.gap != nil:
		e.receiver.Note(h, at)
	}
	// A gap counts from the first of its two messages, whether its stream broke meanwhile or
	// not; the first message of all has none and is due at no time.
	since := e.gapStart(a, first, at)
	a.lastArrival = at
	h.Intended, h.Sent = since, since
	if a.gap != nil {
		a.gap.Note(h, at)
	} else {
		e.receiver.Note(h, at)
	}
	if lost := e.receiver.Ledger.Lost; lost != a.missing.Load() {
		a.missing.Store(lost)
	}
	e.noteInterval(a, first, since, at)
	if first {
		a.stamp = stamp
		return
	}
	if a.gap != nil {
		if apart := stamp - a.stamp; stamp != 0 && a.stamp != 0 && apart >= minBunchSpacing {
			a.stamped++
			if at-before < apart/10 {
				a.bunched++
			}
		}
		a.stamp = stamp
	}
}

// noteWrong counts a numbered message that is not as expected: it is received, and fails.
func (e push) noteWrong(seq uint64) {
	l := &e.receiver.Ledger
	steady := e.r.phase.Load() == phaseSteady
	if l.NoteIn(seq, steady) {
		l.NoteWrong(steady)
	}
	e.custom.missing.Store(l.Lost)
}

// afterRun says whether a message that came after the run was left is no part of it: it is
// beyond the newest that had come and, by its stamp, was sent later. What had been passed
// over then may only be late.
func (e push) afterRun(h *proto.Header, left int64) bool {
	a := e.custom.arrivals
	if h.Seq < e.receiver.Ledger.Next || a.gap != nil && h.Intended < left && !a.sawLater.Load() {
		return false
	}
	a.sawLater.Store(true)
	return true
}

// outstanding says how many messages may still come that are part of the run.
func (a *arrivals) outstanding() uint64 {
	n := a.missing.Load()
	if a.gap != nil && !a.sawLater.Load() {
		n++
	}
	return n
}

// prepareArrivals makes room for the gaps where the times are one-way.
func (r *repetition) prepareArrivals() {
	j := r.job
	if !j.timesArrivals() {
		return
	}
	stamped := j.scenario.Custom.Stamp.Field != ""
	for _, e := range r.exchanges {
		e.custom.hasHeader = stamped || j.scenario.Custom.Match.Field != ""
	}
	if !stamped {
		return
	}
	r.gaps = record.NewSink(r.from, r.to)
	recorders := record.NewRecorders(r.gaps, len(r.exchanges))
	for i, e := range r.exchanges {
		e.custom.recorder = recorders[i]
		e.custom.gap = record.NewReceiver(recorders[i], e.call)
	}
	if j.scenario.Custom.Match.Field == "" {
		r.prepareUnstamped()
	}
}
