package session

import (
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// arrivals are the measurements of a session's pushed messages: all of them or, where a stamp is expected,
// those with one and those without apart.
type arrivals struct {
	gap          *record.Receiver // of gaps: the session's, or another if that one measures one-way times
	lastOnStream int64            // the last arrival on this stream; 0: none
	lastArrival  int64            // the last arrival on this session's streams
	stamp        int64            // of the last message
	first        []int64          // per stream, the time from opening to the first message
	untimed      uint64           // streams whose first message has no time
	stalls       uint64
	longest      int64
	stamped      uint64
	bunched      uint64
	after        uint64 // sent after the end of the run
}

// pushState is the part of a session that only pushed messages need.
type pushState struct {
	arrivals
	unstamped *arrivals // messages without a stamp; nil if they are not told apart
	// sawLater is set by the first message sent after the end of the run. missing is the number of
	// skipped sequence numbers that may still arrive.
	sawLater atomic.Bool
	missing  atomic.Uint64
}

// unasked is the traffic of a custom target that sends unasked.
var unasked = traffic{
	gaps: true, handler: pushHandler, total: totalGaps,
	outstanding: outstandingPushes,
	tally: func(_ *Session, c phaseCounts) result.Counters {
		c.Wrong = min(c.Wrong, c.Received)
		return result.Counters{Due: c.Received + c.Lost, Recorded: c.Received - c.Wrong, ErrorReplies: c.Wrong, Lost: c.Lost}
	},
}

func pushHandler(e *Session) handler { return &decoder{e, push{e}} }

// totalGaps adds the failures that belong to no message of a stream.
func totalGaps(g *Group, of *[2]result.Counters, _ *record.Ledger) {
	wrong := sumCounts(g.Events.phases[Steady].Unexpected)
	wrong -= min(wrong, attempted(g.sessions, func(a *attempts) uint64 { return a.rejected.Load() + a.refused.Load() }))
	if g.traffic.pushes() { // numbered ones are in their stream's tally
		wrong -= min(wrong, of[steady].ErrorReplies)
	}
	of[steady].Due += wrong
	of[steady].ErrorReplies += wrong
}

// endStream notes that the stream has ended.
func (p *pushState) endStream() {
	p.lastOnStream = 0
	if p.unstamped != nil {
		p.unstamped.lastOnStream = 0
	}
}

// minBunchSpacing is the shortest stamp spacing checked for bunching. Below it, scheduling alone
// can bring messages together.
const minBunchSpacing = int64(time.Millisecond)

// push receives messages that the server sends unasked.
type push struct{ *Session }

func (e push) start() {}

func (e push) take(h proto.Header, o codec.Outcome, at int64) {
	e.answered.Add(1)
	a, times := &e.pushed.arrivals, &e.g.gaps
	switch {
	case o == codec.Unstamped:
		if a = e.pushed.unstamped; a == nil || times.stamped.Load() {
			return
		}
		h.Seq, o = a.gap.Sequence.Next(), codec.Intact
	case a.gap != e.receiver && !times.stamped.Load():
		times.stamped.Store(true)
	}
	before, stampBefore := a.lastOnStream, a.stamp
	a.lastOnStream = at
	if left := times.runEnd.Load(); left != 0 && e.afterRun(a, &h, left) {
		a.stamp = h.Intended
		a.after++
		return
	}
	if o == codec.Wrong { // not lost
		a.lastOnStream = before
		e.noteWrong(h.Seq)
		return
	}
	switch {
	case o == codec.NoStamp: // it arrived and fails
		e.noteWrong(h.Seq)
	case e.oneWay(a):
		e.receiver.Note(h, codec.Intact, at)
	}
	e.noteGap(a, h.Seq, before == 0, at)
	if lost := e.receiver.Sequence.Lost(); lost != e.pushed.missing.Load() {
		e.pushed.missing.Store(lost)
	}
	a.stamp = h.Intended
	if apart := a.stamp - stampBefore; before != 0 && e.oneWay(a) && a.stamp != 0 && stampBefore != 0 && apart >= minBunchSpacing {
		a.stamped++
		if at-before < apart/10 {
			a.bunched++
		}
	}
}

// oneWay reports whether the session's receiver measures the one-way times of messages in a, which are not
// the gaps between them.
func (e push) oneWay(a *arrivals) bool { return a == &e.pushed.arrivals && a.gap != e.receiver }

// noteWrong counts a numbered message that violates expect, as received and failed.
func (e push) noteWrong(seq uint64) {
	q := &e.receiver.Sequence
	steady := e.g.Events.now() == &e.g.Events.phases[Steady]
	if q.Note(seq, steady) {
		q.NoteWrong(steady)
	}
	e.pushed.missing.Store(q.Lost())
}

// afterRun reports whether a message that arrived after the end of the run does not belong to
// it: its number is the highest so far and, by its stamp, it was sent later. Skipped messages may
// only be late.
func (e push) afterRun(a *arrivals, h *proto.Header, left int64) bool {
	if e.oneWay(a) && h.Intended < left && !e.pushed.sawLater.Load() || a == &e.pushed.arrivals && h.Seq < e.receiver.Sequence.Next() {
		return false
	}
	e.pushed.sawLater.Store(true)
	return true
}

// outstandingPushes returns how many messages of the run may still arrive.
func outstandingPushes(e *Session) uint64 {
	n := e.pushed.missing.Load()
	if e.pushed.gap != e.receiver && !e.pushed.sawLater.Load() {
		n++
	}
	return n
}

// gapTimes are the times between messages that custom targets push, if their own times are one-way.
type gapTimes struct {
	sink      *record.Sink // nil: they are the response times
	unstamped *record.Sink // between messages without a stamp; nil if all must have one
	recorders []*record.Recorder
	// stamped reports whether any message had a stamp; see unstamped.go. If none had, noneStamped
	// is the explanation.
	stamped     atomic.Bool
	noneStamped string
	runEnd      atomic.Int64 // messages pushed after this time do not belong to the run; 0: not ended
}

// prepare creates the recorders of gaps if times are one-way.
func (t *gapTimes) prepare(g *Group) {
	if !g.traffic.gaps || g.Scenario.Custom.Stamp.Field == "" {
		return
	}
	t.sink = t.record(g, func(e *Session) *arrivals { return &e.pushed.arrivals })
	if m := g.Scenario.Custom.Match; m.Field == "" && m.After == "" {
		t.unstamped = t.record(g, func(e *Session) *arrivals {
			e.pushed.unstamped = new(arrivals)
			return e.pushed.unstamped
		})
	}
}

// record returns a sink of the gaps between each session's arrivals.
func (t *gapTimes) record(g *Group, of func(*Session) *arrivals) *record.Sink {
	sink := record.NewSink(g.Window)
	recorders := record.NewRecorders(sink, len(g.sessions))
	t.recorders = append(t.recorders, recorders...)
	for i, e := range g.sessions {
		of(e).gap = record.NewReceiver(recorders[i], e.call())
	}
	return sink
}
