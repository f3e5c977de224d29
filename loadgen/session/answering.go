package session

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/record"
)

// answering is the part of a session that asks. Between a request and the end of its answer it belongs to the
// stream's receiver, otherwise to whoever holds the session: see requests.
type answering struct {
	busy    atomic.Bool // a request was sent, and its answer has not ended
	counts  [2]answerCounts
	between *record.Recorder
	base    uint64 // planned tokens of earlier answers: numbers of tokens go on from there
	// Guarded by requests.mu: the user of a closed loop, and whether there is a stream for requests.
	user user
	here bool

	sending sync.Mutex   // held while a request is sent
	unsent  atomic.Int32 // requests that have begun and whose Send has not returned

	request
	sent        int64 // when the request was sent
	first, last int64 // arrivals of tokens; 0: none came
	planned     int64 // when the last token that came was due
	tokens      uint64
	next        uint64 // number of the next token, by a reference server
	reported    uint64 // tokens by the target's own count
	marked      bool   // the end mark came
	endedAt     int64  // when it came
	linger      *time.Timer
}

// endLinger is the time that a server has to end a stream after the end mark of its answer.
const endLinger = time.Second

// together is the longest time between two tokens that count as having arrived together: the second was
// already received when the first was handled.
const together = int64(50 * time.Microsecond)

// Classes of answers that did not end well.
const (
	cutOff     = "answer cut off"
	unfinished = "answer unfinished at the end of the drain"
)

// start begins an answer.
func (a *answering) start(r request, now int64) {
	a.request, a.sent = r, now
	a.first, a.last, a.planned, a.tokens, a.next, a.reported, a.marked, a.endedAt, a.linger = 0, 0, 0, 0, 0, 0, false, 0, nil
	a.busy.Store(true)
}

func answerHandler(e *Session) handler { return &answerTaker{decoder{e, tokenTaker{e}}} }

// An answerTaker receives answers on a stream.
type answerTaker struct{ decoder }

func (t *answerTaker) start() {
	t.decoder.start()
	if e := t.Session; !e.g.perCall() {
		e.g.requests.opened(e)
	}
}

// Message implements proto.Handler.
func (t *answerTaker) Message(p []byte, at int64) {
	t.decoder.Message(p, at)
	e := t.Session
	if n, ok := e.active.Load().reported(); ok {
		e.answering.reported = n
	}
	switch a := e.answering; {
	case !a.marked || a.endedAt != 0:
	case e.g.perCall(): // the server ends the stream
		a.endedAt = at
		a.linger = time.AfterFunc(endLinger, func() { _ = e.active.Load().close() })
	default:
		a.endedAt = at
		e.g.requests.next(e, at, e.endAnswer(nil, at))
	}
}

// Ended implements proto.Handler.
func (t *answerTaker) Ended(err error) {
	e := t.Session
	if e.g.perCall() {
		e.endCall(err)
		return
	}
	e.g.requests.lost(e)
	if e.answering.busy.Load() {
		at := clock.Now()
		failure := e.endAnswer(err, at)
		if e.g.requests.users {
			e.g.requests.next(e, at, failure)
		}
	}
	t.decoder.Ended(err)
}

// tokenTaker counts the tokens of answers.
type tokenTaker struct{ *Session }

func (tokenTaker) start() {}

func (t tokenTaker) take(h proto.Header, o codec.Outcome, at int64) {
	e, a := t.Session, t.answering
	switch planned := e.g.tokens(); {
	case o == codec.End, planned > 0 && o == codec.Intact && h.Seq == planned:
		a.marked = true
		return
	case !a.busy.Load() || a.marked:
		e.noteSurplus()
		return
	case planned > 0:
		e.takePlanned(h, o, at)
	default: // timed from the token before; the first has no time
		h.Intended, h.Sent = a.last, a.last
		e.receiver.Note(h, o, at)
	}
	if o != codec.Intact {
		return
	}
	n := &a.counts[e.g.phaseOf(a.due)]
	if n.tokens++; a.tokens == 0 {
		a.first = at
	} else {
		e.noteGap(n, at)
	}
	a.tokens++
	a.last = at
}

// noteSurplus counts a message that belongs to no answer.
func (e *Session) noteSurplus() {
	if l := e.active.Load(); l.dialect != nil {
		e.g.Events.countUnmatched(l)
		return
	}
	e.g.Events.now().surplus.Add(1)
}

// takePlanned counts a token of a reference server.
func (e *Session) takePlanned(h proto.Header, o codec.Outcome, at int64) {
	a := e.answering
	if o == codec.Intact {
		a.next, a.planned = max(a.next, h.Seq+1), h.Intended
	}
	h.Seq += a.base
	e.receiver.Note(h, o, at)
}

// noteGap records the time since the token before.
func (e *Session) noteGap(n *answerCounts, at int64) {
	a, gap := e.answering, at-e.answering.last
	if gap < together {
		n.together++
	}
	if gap >= int64(e.g.stallAfter()) {
		n.stalls++
	}
	if e.g.Sink.Steady(a.due) {
		a.between.Record(proto.Header{Intended: a.last, Sent: a.last}, at)
	}
}

// endAnswer counts the end of an answer at the time at. err is nil if its end mark came, else the end of its
// stream. It returns nil if the answer ended well.
func (e *Session) endAnswer(err error, at int64) (failure error) {
	g, a := e.g, e.answering
	n := &a.counts[g.phaseOf(a.due)]
	n.requests++
	n.reported += a.reported
	if a.waited {
		n.waited++
	}
	e.noteMissing()
	whole := a.marked || errors.Is(err, io.EOF) && g.endsWithStream()
	if tokens := g.tokens(); tokens > 0 {
		whole = whole && a.tokens > 0
	}
	switch {
	case whole:
		n.ended++
	case g.Events.stopped.Load() || g.requests.ctx.Err() != nil:
		n.unfinished++
		failure = driver.Refuse(unfinished, "%d tokens came", a.tokens)
	default:
		n.cutOff++
		if err == nil || errors.Is(err, io.EOF) {
			err = errors.New("the stream ended without the end of the answer")
		}
		failure = driver.Refuse(cutOff, "after %d tokens: %v", a.tokens, err)
	}
	if failure != nil {
		g.Events.countUnexpected(failure, a.due)
	}
	g.requests.record(g, a.due, func() { g.requests.noteTimes(a, whole, at) })
	a.busy.Store(false)
	return failure
}

// noteTimes records the times of an answer.
func (q *requests) noteTimes(a *answering, whole bool, at int64) {
	if a.waited {
		note(q.wait, a.sent-a.due)
	} else {
		note(q.lag, a.sent-a.due)
	}
	if a.first != 0 {
		note(q.first, a.first-a.due)
	}
	if !whole {
		return
	}
	note(q.whole, at-a.due)
	if tokens := max(a.tokens, a.reported); tokens > 1 {
		note(q.perToken, (a.last-a.first)/int64(tokens-1))
	}
}

// noteMissing counts the planned tokens of a request that did not come, by the phase in which they were due.
func (e *Session) noteMissing() {
	a, tokens := e.answering, e.g.tokens()
	if tokens == 0 {
		return
	}
	answer := &e.g.Cell.Tokens
	for n := a.tokens; n < tokens; n++ {
		due := a.sent + int64(answer.First) + int64(n)*int64(answer.Every)
		if a.next > 0 {
			due = a.planned + (int64(n)-int64(a.next)+1)*int64(answer.Every)
		}
		a.counts[e.g.phaseOf(due)].missing++
	}
	a.base += tokens
}

// endsWithStream reports whether the end of a stream ends an answer: without an end mark, which only a custom
// target can have.
func (g *Group) endsWithStream() bool {
	return g.perCall() && (!g.custom() || g.Scenario.Custom.End == nil)
}
