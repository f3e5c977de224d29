package session

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/record"
)

// A request is one of a group's requests.
type request struct {
	due    int64
	number uint64 // among those of all generators
	waited bool   // for a free stream
}

// requests passes a group's requests to streams that are free, in the order in which they are due. In a closed loop
// each stream is that of a user, who has requests of its own.
type requests struct {
	ctx    context.Context // ends when streams are closed
	cancel context.CancelFunc
	users  bool // ask, in a closed loop
	wake   func(e *Session, due int64)

	mu      sync.Mutex
	taken   uint64
	free    []*Session
	backlog []request // waiting for a free stream
	stopped bool      // no request is taken up

	// counts are by phase, of requests that were not taken up; those of others are in their sessions.
	counts                            [2]answerCounts
	first, perToken, whole, wait, lag *hdrhistogram.Histogram // of requests due in the steady phase
	between                           *record.Sink            // times between their tokens
	recorders                         []*record.Recorder      // of between
	retryAfter                        time.Duration           // the longest that a refusal asked for
	body                              []byte                  // of a request to a reference server
}

// newRequests returns the requests of a group that has opened.
func newRequests(ctx context.Context, g *Group) *requests {
	q := &requests{users: !g.Open(), between: record.NewSink(g.Window), body: bytes.Repeat([]byte("a"), g.Cell.Tokens.Request)}
	q.wake = func(e *Session, due int64) { e.alarmClock().At(due, thinker{e}) }
	q.ctx, q.cancel = context.WithCancel(ctx)
	for _, h := range []**hdrhistogram.Histogram{&q.first, &q.perToken, &q.whole, &q.wait, &q.lag} {
		*h = record.NewHistogram()
	}
	q.recorders = record.NewRecorders(q.between, len(g.sessions))
	for i, e := range g.sessions {
		e.answering = &answering{between: q.recorders[i], here: g.perCall()}
	}
	return q
}

// take passes a request that is due to a free stream, or keeps it until there is one. A single generator numbers
// requests in the order in which they are due.
func (q *requests) take(g *Group, r request) {
	q.mu.Lock()
	if g.Share.Of <= 1 {
		r.number = q.taken
		q.taken++
	}
	if n := len(q.free); n > 0 && !q.stopped {
		e := q.free[n-1]
		q.free = q.free[:n-1]
		l := e.begin(r)
		q.mu.Unlock()
		e.ask(l, r)
		return
	}
	defer q.mu.Unlock()
	if r.waited = true; q.stopped {
		q.drop(g, r)
		return
	}
	q.backlog = append(q.backlog, r)
}

// opened notes that the session has a stream for requests. It returns false if no more are taken up.
func (q *requests) opened(e *Session) bool {
	q.mu.Lock()
	e.answering.here = true
	q.mu.Unlock()
	if q.users {
		return q.greet(e)
	}
	return q.release(e)
}

// lost notes that the session's stream has ended: until another is open, no request is sent on it.
func (q *requests) lost(e *Session) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.answering.here = false
	q.free = slices.DeleteFunc(q.free, func(o *Session) bool { return o == e })
}

// next passes the session, whose answer ended at a time, to its next request. failure is nil if it ended well. It
// returns false if no more requests are taken up.
func (q *requests) next(e *Session, ended int64, failure error) bool {
	if q.users {
		return q.plan(e, e.nextDue(ended, failure))
	}
	return q.release(e)
}

// release passes the next request to a stream that is free, or keeps the stream until there is one. It
// returns false if no more requests are taken up.
func (q *requests) release(e *Session) bool {
	q.mu.Lock()
	if q.stopped {
		q.mu.Unlock()
		return false
	}
	if len(q.backlog) == 0 {
		q.free = append(q.free, e)
		q.mu.Unlock()
		return true
	}
	r := q.backlog[0]
	q.backlog = q.backlog[1:]
	l := e.begin(r)
	q.mu.Unlock()
	e.ask(l, r)
	return true
}

// stop drops the requests that wait. It returns the sessions without a request.
func (q *requests) stop(g *Group) (free []*Session) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	for _, r := range q.backlog {
		q.drop(g, r)
	}
	free, q.free, q.backlog = q.free, nil, nil
	if q.users {
		free = q.dismiss(g)
	}
	return free
}

// drop counts a request that was never sent.
func (q *requests) drop(g *Group, r request) {
	n := &q.counts[g.phaseOf(r.due)]
	n.requests++
	n.unasked++
	if r.waited {
		n.waited++
	}
}

// waiting returns the number of requests that wait for a free stream.
func (q *requests) waiting() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return uint64(len(q.backlog))
}

// record calls add, which adds to the histograms, if a request due at due is measured.
func (q *requests) record(g *Group, due int64, add func()) {
	if !g.Sink.Steady(due) {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	add()
}

// phaseOf returns the phase in which something was due.
func (g *Group) phaseOf(due int64) int {
	if g.Sink.Steady(due) {
		return steady
	}
	return outside
}

// outstandingAnswers returns whether the session's answer has not ended, or its request was due and is not sent; for
// the first session also the requests that wait for any stream.
func outstandingAnswers(e *Session) (n uint64) {
	q := e.g.requests
	if e.answering.busy.Load() || q.users && q.overdue(e) {
		n++
	}
	if e == e.g.sessions[0] {
		n += q.waiting()
	}
	return n
}

// stopAsking drops the requests that wait. Sessions without a stream end.
func (g *Group) stopAsking() {
	for _, e := range g.requests.stop(g) {
		if g.perCall() {
			e.leave()
		}
	}
}

// flushed returns the recorders.
func (q *requests) flushed() []*record.Recorder {
	if q == nil {
		return nil
	}
	return q.recorders
}

// asked returns the number of requests that the session has sent.
func (e *Session) asked() (n uint64) {
	if e.answering != nil {
		for phase := range e.answering.counts {
			n += e.answering.counts[phase].requests
		}
	}
	return n
}
