package session

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// A request is one of a group's requests.
type request struct {
	due    int64
	number uint64 // among those of all generators
	waited bool   // for a free stream
}

// requests passes a group's requests to streams that are free, in the order in which they are due.
type requests struct {
	ctx    context.Context // ends when streams are closed
	cancel context.CancelFunc

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

// answerCounts count requests and their answers.
type answerCounts struct {
	requests, ended, cutOff, refused, unfinished, unasked uint64
	waited                                                uint64 // for a free stream
	tokens, reported                                      uint64
	missing                                               uint64 // planned tokens of requests that were sent
	together, stalls                                      uint64
}

func (n *answerCounts) add(o *answerCounts) {
	n.requests += o.requests
	n.ended += o.ended
	n.cutOff += o.cutOff
	n.refused += o.refused
	n.unfinished += o.unfinished
	n.unasked += o.unasked
	n.waited += o.waited
	n.tokens += o.tokens
	n.reported += o.reported
	n.missing += o.missing
	n.together += o.together
	n.stalls += o.stalls
}

// newRequests returns the requests of a group that has opened.
func newRequests(ctx context.Context, g *Group) *requests {
	q := &requests{between: record.NewSink(g.Window), body: bytes.Repeat([]byte("a"), g.Cell.Tokens.Request)}
	q.ctx, q.cancel = context.WithCancel(ctx)
	for _, h := range []**hdrhistogram.Histogram{&q.first, &q.perToken, &q.whole, &q.wait, &q.lag} {
		*h = record.NewHistogram()
	}
	q.recorders = record.NewRecorders(q.between, len(g.sessions))
	for i, e := range g.sessions {
		e.answering = &answering{between: q.recorders[i]}
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
		q.mu.Unlock()
		e.ask(r)
		return
	}
	defer q.mu.Unlock()
	if r.waited = true; q.stopped {
		q.drop(g, r)
		return
	}
	q.backlog = append(q.backlog, r)
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
	q.mu.Unlock()
	e.ask(r)
	return true
}

// stop drops the requests that wait. It returns the free streams.
func (q *requests) stop(g *Group) (free []*Session) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	for _, r := range q.backlog {
		q.drop(g, r)
	}
	free, q.free, q.backlog = q.free, nil, nil
	return free
}

// drop counts a request that was never sent.
func (q *requests) drop(g *Group, r request) {
	n := &q.counts[g.phaseOf(r.due)]
	n.requests++
	n.unasked++
	n.waited++
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

// An asker is the pace.Task of the requests that are due by the plan of a session's share.
type asker struct{ from *sender }

var _ pace.Task = asker{}

// Fire implements pace.Task. The number of a request is its place in the plan of all streams, in which they take turns:
// generators with different numbers of streams then use all rows equally often.
func (a asker) Fire(due int64) bool {
	e := a.from
	number := e.seq*uint64(e.g.Cell.Connections*e.g.Cell.Streams) + uint64(e.call.Share)
	e.seq++
	e.g.requests.take(e.g, request{due: due, number: number})
	return true
}

// Done implements pace.Task.
func (a asker) Done() { a.from.g.sending.Done() }

// outstandingAnswers returns whether the session's answer has not ended; for the first session also the
// requests that wait.
func outstandingAnswers(e *Session) (n uint64) {
	if e.answering.busy.Load() {
		n++
	}
	if e == e.g.sessions[0] {
		n += e.g.requests.waiting()
	}
	return n
}

// startAsking makes the metronomes pass on the requests of all shares, also of those whose stream did not open.
func (g *Group) startAsking() {
	for n := range g.Streams() {
		s := &sender{g: g, call: g.call(g.stream(n))}
		g.sending.Add(1)
		g.Threads.metronomes[g.Threads.of(n, g.Cell.Streams)].Add(g.Origin, g.plan(s.call), asker{s})
	}
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
