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

// sleep returns early if streams are no longer reopened.
func (o *reopening) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-o.ctx.Done():
	}
}

func (e *Session) reopen(inOrder bool, lived time.Duration) {
	g := e.g
	_ = e.active.Load().close()
	g.reopens.sleep(e.reopenDelay(inOrder, lived))
	if lived < reopenInterval {
		g.reopens.sleep(g.reopens.reserve())
	}
	l, opening, err := g.openStream(g.reopens.ctx, e.driver, e.call, e.active.Load(), func(err error) {
		e.streamTime.endedInOrder = e.streamTime.endedInOrder && errors.Is(err, driver.ErrNoMore)
		if errors.Is(err, driver.ErrNoMore) { // the server has nothing more to send
			g.Events.countClosed(err, false)
			return
		}
		g.Events.countRefused(err)
	})
	if err != nil || !e.replaceStream(l) {
		e.gone.Store(true)
		g.receiving.Done()
		return
	}
	e.opened = opening
	switch {
	case l.stream.Drive == nil || e.loop == nil:
		e.receive()
	case !e.drive(): // it has already ended, and loops do not report that
		proto.Receive(l.stream, e.handler)
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
	e.g.Events.countReopened()
	return true
}
