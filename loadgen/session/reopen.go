package session

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
)

// reopenDelay returns the delay before reopening a stream that lived for so long. If it broke or
// brought no message, the delay is a backoff that grows with each consecutive empty stream. If
// the server ended it normally, its lifetime counts towards the delay. The server may ask for a
// longer delay (the retry field of an event stream).
func (e *Session) reopenDelay(inOrder bool, lived time.Duration) time.Duration {
	came := e.received()
	barren := came == e.receivedBefore
	e.receivedBefore = came
	var wait time.Duration
	switch {
	case barren:
		e.emptyStreams++
		wait = backoff(e.emptyStreams)
	case inOrder:
		wait = jitter(reopenInterval) - lived
	default:
		wait = backoff(0)
	}
	if !barren {
		e.emptyStreams = 0
	}
	return max(wait, e.active.Load().retry())
}

// reopening spaces the attempts to reopen a group's streams. It ends with ctx.
type reopening struct {
	parent context.Context // of the run
	ctx    context.Context
	cancel context.CancelFunc
	next   atomic.Int64 // earliest time to reopen a short-lived stream
}

// reserve returns the delay that keeps reopenSpacing to reopenings of other streams.
func (o *reopening) reserve() time.Duration {
	for {
		now, next := clock.Now(), o.next.Load()
		turn := max(now, next)
		if o.next.CompareAndSwap(next, turn+int64(reopenSpacing)) {
			return time.Duration(turn - now)
		}
	}
}

// sleep returns early if the stream is no longer reopened.
func (e *Session) sleep(d time.Duration) { sleepUntil(e.ctx(), clock.Now()+int64(d)) }

func (e *Session) reopen(inOrder bool, lived time.Duration) {
	g := e.g
	_ = e.active.Load().close()
	e.awaitReopening(inOrder, lived)
	call := e.call()
	if !g.Sends() && g.source == nil { // a reference server sends by a plan, and starts where it is due
		call.Since = clock.Now()
	}
	l, opening, err := g.openStream(e.ctx(), e.driver, call, e.user, e.active.Load(), e.tries())
	if err != nil || !e.returns(l) {
		if g.reopens.ctx.Err() == nil {
			g.storms.gaveUp(e.storm)
		}
		e.ends()
		return
	}
	e.opened = opening
	g.Events.countReopened()
	g.storms.returned(e.storm)
	e.receiveReplaced()
}

// receiveReplaced receives on a stream that replaces another.
func (e *Session) receiveReplaced() {
	l := e.active.Load()
	switch {
	case l.stream.Loop == nil || e.loop == nil:
		e.receive()
	case !e.drive(): // it has already ended, and loops do not report that
		proto.Receive(l.stream, e.handler)
	}
}

// awaitReopening waits for the time of the first attempt to reopen a stream that lived for so long.
func (e *Session) awaitReopening(inOrder bool, lived time.Duration) {
	g, d := e.g, e.delays
	if d == nil {
		e.sleep(e.reopenDelay(inOrder, lived))
		if lived < reopenInterval {
			e.sleep(g.reopens.reserve())
		}
		return
	}
	came := e.received()
	d.ended(lived, came == e.receivedBefore)
	e.receivedBefore = came
	e.sleep(max(d.next(), e.active.Load().retry()))
}

// tries returns the attempts to reopen the session's stream.
func (e *Session) tries() tries {
	again := e.g.Policy.retry
	if e.delays != nil {
		again = e.delays.retry
	}
	return tries{begin: func() { e.g.storms.attempted(e.storm) }, failed: e.reopenFailed, again: again}
}

// reopenFailed counts an attempt to reopen the session's stream that failed.
func (e *Session) reopenFailed(err error) {
	t := e.timesOut()
	t.endedInOrder = t.endedInOrder && errors.Is(err, driver.ErrNoMore)
	switch planned := e.g.storms.refused(e.storm, err); {
	case errors.Is(err, driver.ErrNoMore): // the server has nothing more to send
		e.g.Events.countClosed(err, false)
	case !planned:
		e.g.Events.countRefused(err)
	}
}

// replaceStream makes l the session's stream, unless the group is closing.
func (e *Session) replaceStream(l *activeStream) bool {
	if !e.g.open.reopened(&e.g.Timing, func(now int64) {
		e.streamTime.end(&e.g.Timing, now)
		e.loopState.sentAt.Store(0) // its reply was lost with the previous stream
		l.setMessage(&e.g.Config, e.message)
		if e.deliveries != nil {
			l.since = messageCounts{sent: e.sentTo(), answered: e.answered.Load()}
		}
		e.active.Store(l)
	}) {
		_ = l.close()
		return false
	}
	return true
}
