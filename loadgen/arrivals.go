package loadgen

import (
	"fmt"
	"slices"
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
	heard  int64            // the same on any of its streams
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
	first, before, stamp := a.last == 0, a.last, h.Intended
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
	// A gap counts from the first of its two messages, whether its stream broke meanwhile or
	// not; the first message of all has none and is due at no time.
	since := e.silentSince(a, first, at)
	a.heard = at
	h.Intended, h.Sent = since, since
	if a.gap != nil {
		a.gap.Note(h, at)
	} else {
		e.receiver.Note(h, at)
	}
	if lost := e.receiver.Ledger.Lost; lost != a.missing.Load() {
		a.missing.Store(lost)
	}
	e.interval(a, first, since, at)
	if first {
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

// interval notes in a the time since the message before, and of the first of a stream that from
// its opening, to one that came at at.
func (e arriving) interval(a *arrivals, first bool, since, at int64) {
	if e.r.sink.Steady(since) {
		a.silence(at-since, int64(e.r.job.scenario.Own.Stall))
	}
	if !first {
		return
	}
	// What came before anybody listened, while others were opened, has no time.
	if first := at - e.own.opened; 10*(e.own.listening-e.own.opened) <= first {
		a.first = append(a.first, first)
	} else {
		a.untimed++
	}
}

// silentSince returns from when the gap counts that a message at at ends, 0 if there is none. A
// silence that has begun in the warm-up counts from the beginning of the steady phase on.
func (e arriving) silentSince(a *arrivals, first bool, at int64) int64 {
	since, from := a.heard, e.r.from
	stall := int64(e.r.job.scenario.Own.Stall)
	if since != 0 && since < from && at > from && (first || stall > 0 && at-from >= stall) {
		return from
	}
	return since
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
func (r *repetition) collectOwn() {
	n := &r.rep.Counters
	for _, e := range r.exchanges {
		n.AllSent += e.left()
		n.AllReceived += e.receiver.Ledger.Received
		n.After += e.own.after
	}
	if r.job.arrives() {
		r.collectArrivals()
	}
}

// endSilences ends the silences that go on when the steady phase is over, at end, also those of
// streams that broke and were not opened again. One that is longer than all gaps of its stream
// is recorded, as a gap of at least that length.
func (r *repetition) endSilences(end int64) {
	if !r.job.arrives() {
		return
	}
	came := slices.ContainsFunc(r.exchanges, func(e *exchange) bool { return e.own.heard >= r.from })
	for _, e := range r.exchanges {
		a := e.own.arrivals
		since := max(a.heard, r.from)
		if finished := e.time.ordered && e.time.since != 0 && e.time.since < end; finished || since >= end {
			continue
		}
		if came && a.heard != 0 && end-since > a.longest {
			of := e.receiver
			switch {
			case a.gap != nil:
				of = a.gap
			case r.noneStamped != "":
				of = e.own.unstamped.receiver
			}
			of.RecordTime(since, end-1) // in the last slot of the timeline
		}
		a.silence(end-since, int64(r.job.scenario.Own.Stall))
	}
}

func (r *repetition) collectArrivals() {
	own := &r.job.scenario.Own
	out := &result.Arrivals{StallAfter: own.Stall, Gap: r.rep.Response}
	first := record.NewHistogram()
	for _, e := range r.exchanges {
		a := e.own.arrivals
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
