package loadgen

import (
	"errors"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
)

// reopenDelay returns the delay before reopening a stream that lived for so long. If it broke or
// brought no message, the delay is a backoff that grows with each consecutive empty stream. If
// the server ended it normally, its lifetime counts towards the delay. The server may ask for a
// longer delay (the retry field of an event stream).
func (e *exchange) reopenDelay(inOrder bool, lived time.Duration) time.Duration {
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

// retry returns the delay that the server asks for after the stream has ended; 0 if l is nil.
func (l *activeStream) retry() time.Duration {
	if l == nil || l.stream.Retry == nil {
		return 0
	}
	return l.stream.Retry()
}

// reserveReopening returns the delay that keeps reopenSpacing to reopenings of other streams.
func (r *repetition) reserveReopening() time.Duration {
	for {
		now, next := clock.Now(), r.nextReopening.Load()
		turn := max(now, next)
		if r.nextReopening.CompareAndSwap(next, turn+int64(reopenSpacing)) {
			return time.Duration(turn - now)
		}
	}
}

// sleep returns early if the repetition ends.
func (r *repetition) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-r.reopenCtx.Done():
	}
}

func (e *exchange) reopen(inOrder bool, lived time.Duration) {
	r := e.r
	_ = e.active.Load().close()
	r.sleep(e.reopenDelay(inOrder, lived))
	if lived < reopenInterval {
		r.sleep(r.reserveReopening())
	}
	l, opening, err := r.openStream(r.reopenCtx, e.driver, e.call, e.active.Load(), func(err error) {
		e.streamTime.endedInOrder = e.streamTime.endedInOrder && errors.Is(err, driver.ErrNoMore)
		r.countReopenRefused(err)
	})
	if err != nil || !e.replaceStream(l) {
		e.gone.Store(true)
		r.receiving.Done()
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

// replaceStream makes l the exchange's stream, unless the repetition is closing.
func (e *exchange) replaceStream(l *activeStream) bool {
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	if e.r.closing {
		_ = l.close()
		return false
	}
	e.r.failures[e.r.phase.Load()].reopened++
	e.sentAt.Store(0) // its reply was lost with the previous stream
	l.setMessage(e.message)
	e.active.Store(l)
	e.noteReopened()
	return true
}

// stopReopening ends reopening. Messages that a custom target pushes from now on do not belong to
// the run.
func (r *repetition) stopReopening() {
	r.cancelReopen()
	if r.traffic.pushes() {
		r.runEnd.Store(min(r.to, clock.Now()))
	}
}
