package loadgen

import (
	"fmt"
	"sync/atomic"
	"time"

	"rtbench/loadgen/dialog"
	"rtbench/proto"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// arrivals are what a stream's receiver notes where the server sends by itself.
type arrivals struct {
	marked bool             // messages have a number or a stamp, which a header of ours stands for
	gap    *record.Receiver // of stamped messages, whose times are one-way
	last   int64            // when the message before came; 0: none has, on this stream
	stamp  int64            // of the message before
	seq    uint64
	// first is from the opening of each of its streams to the first message, and listening when
	// the first of them began to be received from.
	first     []int64
	untimed   uint64 // of its streams, whose first message has no time
	listening int64
	stalls    uint64
	longest   int64
	stamped   uint64
	bunched   uint64
	recorder  *record.Recorder
	// beyond says that a message has come that is no part of the run, which is over, and after
	// counts those.
	beyond atomic.Bool
	after  uint64
	// missing is how many numbers were passed over so far and have not come, for who waits for
	// them.
	missing atomic.Uint64
}

// bunchedLeast is from what distance of two stamps on their arrivals are looked at: below
// it the machine alone brings messages together.
const bunchedLeast = int64(time.Millisecond)

// arriving takes the messages of a server that sends by itself.
type arriving struct{ *exchange }

// Message implements proto.Handler.
func (e arriving) Message(p []byte, at int64) {
	a := e.own.arrivals
	h := proto.Header{Seq: a.seq, Stream: uint32(e.call.Share)}
	a.seq++
	e.answered.Store(a.seq)
	if a.marked {
		var err error
		if h, err = proto.ParseHeader(p, e.call.Text); err != nil {
			e.receiver.NoteCorrupt(at)
			return
		}
	}
	if dialog.IsUnstamped(&h) {
		e.unstamped(at)
		return
	}
	if a.gap != nil && !e.r.stamped.Load() {
		e.r.stamped.Store(true)
	}
	before, stamp := a.last, h.Intended
	a.last = at
	if left := e.r.left.Load(); left != 0 && e.past(&h, left) {
		a.stamp = stamp
		a.after++
		return
	}
	if h.Intended == proto.NotMeasured { // not as expected, and not lost
		a.last = before
		e.wrong(h.Seq)
		return
	}
	switch {
	case a.gap != nil && stamp == 0: // which could not be read: it has arrived, and fails
		e.wrong(h.Seq)
	case a.gap != nil:
		e.receiver.Note(h, at)
	}
	// A gap counts from the first of its two messages; the first of a stream, which has none,
	// is due at no time.
	h.Intended, h.Sent = before, before
	if a.gap != nil {
		a.gap.Note(h, at)
	} else {
		e.receiver.Note(h, at)
	}
	if lost := e.receiver.Ledger.Lost; lost != a.missing.Load() {
		a.missing.Store(lost)
	}
	e.interval(a, before, at)
	if before == 0 {
		a.stamp = stamp
		return
	}
	if a.gap != nil {
		if apart := stamp - a.stamp; stamp != 0 && a.stamp != 0 && apart >= bunchedLeast {
			a.stamped++
			if at-before < apart/10 {
				a.bunched++
			}
		}
		a.stamp = stamp
	}
}

// interval notes in a the time from the message before, or of the first from the opening of the
// stream, to one that came at at.
func (e arriving) interval(a *arrivals, before, at int64) {
	if before > 0 {
		if e.r.sink.Steady(before) {
			a.silence(at-before, int64(e.r.job.scenario.Own.Stall))
		}
		return
	}
	// What came before anybody listened, while others were opened, has no time.
	if first := at - e.own.opened; 10*(e.own.listening-e.own.opened) <= first {
		a.first = append(a.first, first)
	} else {
		a.untimed++
	}
}

// wrong counts a numbered message that is not as expected: it is received, and fails.
func (e arriving) wrong(seq uint64) {
	l := &e.receiver.Ledger
	steady := e.r.phase.Load() == inSteady
	if l.NoteIn(seq, steady) {
		l.Wrong++
		if steady {
			l.Steady.Wrong++
		}
	}
	e.own.missing.Store(l.Lost)
}

// past says whether a message that came after the run was left is no part of it: it is
// beyond the newest that had come and, by its stamp, was sent later. What had been passed
// over then may only be late.
func (e arriving) past(h *proto.Header, left int64) bool {
	a := e.own.arrivals
	if h.Seq < e.receiver.Ledger.Next || a.gap != nil && h.Intended < left && !a.beyond.Load() {
		return false
	}
	a.beyond.Store(true)
	return true
}

// lacks says how many messages may still come that are part of the run.
func (a *arrivals) lacks() uint64 {
	n := a.missing.Load()
	if a.gap != nil && !a.beyond.Load() {
		n++
	}
	return n
}

func (a *arrivals) silence(length, stall int64) {
	a.longest = max(a.longest, length)
	if stall > 0 && length >= stall {
		a.stalls++
	}
}

// prepareArrivals makes room for the gaps where the times are one-way.
func (r *repetition) prepareArrivals() {
	j := r.job
	if !j.arrives() {
		return
	}
	stamped := j.scenario.Own.Stamp.Field != ""
	for _, e := range r.exchanges {
		e.own.marked = stamped || j.scenario.Own.Match.Field != ""
	}
	if !stamped {
		return
	}
	r.gaps = record.NewSink(r.from, r.to)
	recorders := record.NewRecorders(r.gaps, len(r.exchanges))
	for i, e := range r.exchanges {
		e.own.recorder = recorders[i]
		e.own.gap = record.NewReceiver(recorders[i], e.call)
	}
	if j.scenario.Own.Match.Field == "" {
		r.prepareUnstamped()
	}
}

// collectOwn puts into the repetition what is known of a server of the user's own alone.
// Its steady phase was over at ended, which is early where it was broken off.
func (r *repetition) collectOwn(ended int64) {
	n := &r.rep.Counters
	for _, e := range r.exchanges {
		n.AllSent += e.left()
		n.AllReceived += e.receiver.Ledger.Received
		n.After += e.own.after
	}
	if r.job.arrives() {
		r.collectArrivals(min(r.to, ended))
	}
}

func (r *repetition) collectArrivals(end int64) {
	own := &r.job.scenario.Own
	out := &result.Arrivals{StallAfter: own.Stall, Gap: r.rep.Response}
	first := record.NewHistogram()
	for _, e := range r.exchanges {
		a := e.own.arrivals
		// What is still to come when the phase ends is a silence too, of a stream that is there.
		if since := end - max(a.last, e.own.opened, r.from); since > 0 && e.own.opened > 0 {
			a.silence(since, int64(own.Stall))
		}
		for _, d := range a.first {
			_ = first.RecordValue(min(max(d, 1), record.Highest))
		}
		out.Untimed += a.untimed
		if a.last == 0 && e.own.opened > 0 {
			out.Silent++
		}
		out.Stalls += a.stalls
		out.Longest = max(out.Longest, time.Duration(a.longest))
		out.Stamped += a.stamped
		out.Bunched += a.bunched
		if a.recorder != nil {
			a.recorder.Flush()
		}
	}
	out.First = result.Wrap(first)
	none := result.Wrap(record.NewHistogram()) // nothing here was sent by us, nor by a plan
	r.rep.Service, r.rep.Lag = none, none
	if r.gaps != nil {
		out.Gap = result.Wrap(r.gaps.Totals().Response)
		r.boundOneWay(out)
	}
	r.rep.Arrivals = out
}

// mostBound is which part of a one-way time the bound of the clocks' offset may be.
const mostBound = 10

// boundOneWay refuses one-way times where the clocks may be further apart than a tenth of
// them.
func (r *repetition) boundOneWay(out *result.Arrivals) {
	stamp := &r.job.scenario.Own.Stamp
	p50 := r.rep.Response.Quantile(50)
	if out.Bound = stamp.Bound; stamp.Bound >= 0 {
		out.Bound += resolution[stamp.Unit]
	}
	switch {
	case r.noneStamped != "":
		out.Refused = r.noneStamped
	case out.Bound < 0:
		out.Refused = "how far the server's clock is from this machine's is not known; expected stamp.bound"
	case r.rep.Response.Count() > 0 && out.Bound*mostBound > p50:
		out.Refused = fmt.Sprintf("the server's time is known to %v (its unit and stamp.bound together), and the median is %v: too coarse; expected at most a tenth of that, as by a finer unit", out.Bound, p50.Round(time.Microsecond))
	default:
		return
	}
	none := result.Wrap(record.NewHistogram())
	r.rep.Response, r.rep.Timeline = none, nil
}

// resolution is how much later than its stamp a message may have been made.
var resolution = map[string]time.Duration{"us": time.Microsecond, "ms": time.Millisecond, "s": time.Second}
