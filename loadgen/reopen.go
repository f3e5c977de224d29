package loadgen

import (
	"errors"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
)

// Bounds on reopening streams that the server ends in order. A server may well end a stream
// after each answer, but one that ends it at once must not be flooded with requests.
const (
	// reopenInterval is the least time from one opening of a stream to the next, of which a
	// random part between half and all is kept.
	reopenInterval = 100 * time.Millisecond
	// reopenSpacing is the least time between reopenings of any streams of a repetition that
	// lived for less than reopenInterval: 1,000 a second in all.
	reopenSpacing = time.Millisecond
)

// reopenDelay returns how long to wait before a stream that lived for so long is reopened. If it
// broke, or brought no message, that is a pause which grows while streams in a row bring
// nothing. If the server ended it in order, the time since its opening counts as waited. The
// server may ask for more (an event stream's retry field).
func (e *exchange) reopenDelay(inOrder bool, lived time.Duration) time.Duration {
	came := e.received()
	barren := came == e.custom.receivedBefore
	e.custom.receivedBefore = came
	var wait time.Duration
	switch {
	case barren:
		e.custom.emptyStreams++
		wait = backoff(e.custom.emptyStreams)
	case inOrder:
		wait = jitter(reopenInterval) - lived
	default:
		wait = backoff(0)
	}
	if !barren {
		e.custom.emptyStreams = 0
	}
	if again, ok := e.driver.(driver.Retrier); ok {
		wait = max(wait, again.Retry())
	}
	return max(0, wait)
}

// reserveReopening returns how long a reopening that is due now has to wait for those of other
// streams.
func (r *repetition) reserveReopening() time.Duration {
	for {
		now, next := clock.Now(), r.nextReopening.Load()
		turn := max(now, next)
		if r.nextReopening.CompareAndSwap(next, turn+int64(reopenSpacing)) {
			return time.Duration(turn - now)
		}
	}
}

// sleep waits unless the repetition ends first.
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
	st, asked := r.openWithRetries(r.reopenCtx, e.driver, e.call, func(err error) {
		e.streamTime.endedInOrder = e.streamTime.endedInOrder && errors.Is(err, driver.ErrNoMore)
		r.countReopenRefused(err)
	})
	if st == nil || !e.replaceStream(st) {
		e.gone.Store(true)
		r.receiving.Done()
		return
	}
	e.custom.opened = asked
	h := e.custom.handler
	driven, ok := st.(driver.EventDriven)
	if !ok || e.custom.loop == nil {
		e.sendFirst(h)
		proto.Receive(st, h)
		return
	}
	switch err := driven.Drive(e.custom.loop, h); {
	case err == nil:
		e.custom.loop.Post(func() { e.sendFirst(h) })
	case errors.Is(err, errors.ErrUnsupported): // it has ended, of which no loop is told
		proto.Receive(st, h)
	default:
		_ = st.Close()
		h.Ended(err)
	}
}

// replaceStream makes st the exchange's stream, unless all are being closed.
func (e *exchange) replaceStream(st driver.Stream) bool {
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	if e.r.closing {
		_ = st.Close()
		return false
	}
	e.r.failures[e.r.phase.Load()].reopened++
	e.sentAt.Store(0) // its reply was lost with the stream before
	e.active.Store(newActiveStream(st))
	e.noteReopened()
	return true
}

// stopReopening has no stream to a server of the user's own opened anew, and ends what is taken
// from one that sends by itself with what it has sent by now.
func (r *repetition) stopReopening() {
	if !r.job.custom() {
		return
	}
	r.cancelReopen()
	if r.job.serverPushes() {
		r.runEnd.Store(min(r.to, clock.Now()))
	}
}
