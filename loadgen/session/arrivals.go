package session

import (
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/proto/record"
)

// arrivals holds a stream's measurements of messages that the server pushes.
type arrivals struct {
	gap          *record.Receiver // gaps between stamped messages, whose times are one-way
	lastOnStream int64            // the last arrival on this stream; 0: none
	lastArrival  int64            // the last arrival on this session's streams
	stamp        int64            // of the last message
	received     uint64
	first        []int64 // per stream, the time from opening to the first message
	untimed      uint64  // streams whose first message has no time
	stalls       uint64
	longest      int64
	stamped      uint64
	bunched      uint64
	recorder     *record.Recorder
	// sawLater is set by the first message sent after the end of the run; after counts such
	// messages.
	sawLater atomic.Bool
	after    uint64
	// missing is the number of skipped sequence numbers that may still arrive.
	missing atomic.Uint64
}

// unasked is the traffic of a custom target that sends unasked.
var unasked = traffic{
	gaps: true, handler: pushHandler, total: totalGaps,
	outstanding: func(e *Session) uint64 { return e.pushed.outstanding() },
	tally: func(_ *Session, c phaseCounts) tally {
		c.Wrong = min(c.Wrong, c.Received)
		return tally{due: c.Received + c.Lost, ok: c.Received - c.Wrong, wrong: c.Wrong, lost: c.Lost}
	},
}

func pushHandler(e *Session) handler { return &decoder{e, push{e}} }

// totalGaps adds the failures that belong to no message of a stream.
func totalGaps(g *Group, of *[2]tally, _ *record.Ledger) {
	wrong := sumCounts(g.Events.phases[Steady].Unexpected)
	wrong -= min(wrong, attempted(g.sessions, func(a *attempts) uint64 { return a.rejected.Load() + a.refused.Load() }))
	if g.traffic.pushes() { // numbered ones are in their stream's tally
		wrong -= min(wrong, of[steady].wrong)
	}
	of[steady].due += wrong
	of[steady].wrong += wrong
}

// pushState is the part of a session that only pushed messages need.
type pushState struct {
	*arrivals
	unstamped *arrivals // messages without a stamp, or nil
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
	a := e.pushed.arrivals
	a.received++
	e.answered.Store(a.received)
	if o == codec.Unstamped {
		e.takeUnstamped(at)
		return
	}
	if a.gap != nil && !e.g.gaps.stamped.Load() {
		e.g.gaps.stamped.Store(true)
	}
	first, before, stamp := a.lastOnStream == 0, a.lastOnStream, h.Intended
	a.lastOnStream = at
	if left := e.g.gaps.runEnd.Load(); left != 0 && e.afterRun(&h, left) {
		a.stamp = stamp
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
	case a.gap != nil:
		e.receiver.Note(h, codec.Intact, at)
	}
	e.noteGap(a, h.Seq, first, at)
	if lost := e.receiver.Ledger.Lost; lost != a.missing.Load() {
		a.missing.Store(lost)
	}
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

// noteWrong counts a numbered message that violates expect, as received and failed.
func (e push) noteWrong(seq uint64) {
	l := &e.receiver.Ledger
	steady := e.g.Events.now() == &e.g.Events.phases[Steady]
	if l.Note(seq, steady) {
		l.NoteWrong(steady)
	}
	e.pushed.missing.Store(l.Lost)
}

// afterRun reports whether a message that arrived after the end of the run does not belong to
// it: its number is the highest so far and, by its stamp, it was sent later. Skipped messages may
// only be late.
func (e push) afterRun(h *proto.Header, left int64) bool {
	a := e.pushed.arrivals
	if h.Seq < e.receiver.Ledger.Next || a.gap != nil && h.Intended < left && !a.sawLater.Load() {
		return false
	}
	a.sawLater.Store(true)
	return true
}

// outstanding returns how many messages of the run may still arrive.
func (a *arrivals) outstanding() uint64 {
	n := a.missing.Load()
	if a.gap != nil && !a.sawLater.Load() {
		n++
	}
	return n
}

// gapTimes are the times between messages that custom targets push, if their own times are one-way.
type gapTimes struct {
	sink      *record.Sink // nil: they are the response times
	unstamped *record.Sink // between messages without a stamp; nil if all must have one
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
	t.sink = record.NewSink(g.From, g.To)
	for i, rec := range record.NewRecorders(t.sink, len(g.sessions)) {
		e := g.sessions[i]
		e.pushed.recorder, e.pushed.gap = rec, record.NewReceiver(rec, e.call)
	}
	if g.Scenario.Custom.Match.Field != "" {
		return
	}
	t.unstamped = record.NewSink(g.From, g.To)
	for i, rec := range record.NewRecorders(t.unstamped, len(g.sessions)) {
		e := g.sessions[i]
		e.pushed.unstamped = &arrivals{recorder: rec, gap: record.NewReceiver(rec, e.call)}
	}
}
