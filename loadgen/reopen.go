package loadgen

import (
	"errors"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
)

// Bounds on reopening streams that the server ends normally. A server may end a stream after each
// reply, but one that ends it immediately must not be flooded with requests.
const (
	// reopenInterval is the least time between two openings of a stream, before jitter.
	reopenInterval = 100 * time.Millisecond
	// reopenSpacing is the least time between any two reopenings of streams that lived for less
	// than reopenInterval: at most 1,000/s in a repetition.
	reopenSpacing = time.Millisecond
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
	if again, ok := e.driver.(driver.Retrier); ok {
		wait = max(wait, again.Retry())
	}
	return max(0, wait)
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
	_ = e.stream().Close()
	r.sleep(e.reopenDelay(inOrder, lived))
	if lived < reopenInterval {
		r.sleep(r.reserveReopening())
	}
	st, opening := r.openWithRetries(r.reopenCtx, e.driver, e.call, func(err error) {
		e.streamTime.endedInOrder = e.streamTime.endedInOrder && errors.Is(err, driver.ErrNoMore)
		r.countReopenRefused(err)
	})
	if st == nil || !e.replaceStream(st) {
		e.gone.Store(true)
		r.receiving.Done()
		return
	}
	e.opened = opening
	h := e.handler
	if st.Drive == nil || e.loop == nil {
		e.sendFirst(h)
		proto.Receive(st, h)
		return
	}
	switch err := st.Drive(e.loop, h); {
	case err == nil:
		e.loop.Post(func() { e.sendFirst(h) })
	case errors.Is(err, errors.ErrUnsupported): // it has already ended, and loops do not report that
		proto.Receive(st, h)
	default:
		_ = st.Close()
		h.Ended(err)
	}
}

// replaceStream makes st the exchange's stream, unless the repetition is closing.
func (e *exchange) replaceStream(st *driver.Stream) bool {
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	if e.r.closing {
		_ = st.Close()
		return false
	}
	e.r.failures[e.r.phase.Load()].reopened++
	e.sentAt.Store(0) // its reply was lost with the previous stream
	e.active.Store(&activeStream{stream: st})
	e.noteReopened()
	return true
}

// stopReopening ends reopening. Messages that a custom target pushes from now on do not belong to
// the run.
func (r *repetition) stopReopening() {
	if !r.job.custom() {
		return
	}
	r.cancelReopen()
	if r.job.serverPushes() {
		r.runEnd.Store(min(r.to, clock.Now()))
	}
}
