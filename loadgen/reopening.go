package loadgen

import (
	"errors"
	"io"
	"syscall"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
)

// goesOn says whether an exchange goes on although a Send failed: that message has failed,
// or its stream will be opened anew by what receives.
func (e *exchange) goesOn(l *live, err error, due int64) bool {
	if !e.r.job.own() {
		e.r.broke(err)
		return false
	}
	if errors.Is(err, driver.ErrMessageFailed) {
		e.r.Unexpected(driver.Class(err), err.Error(), due)
		return true
	}
	switch {
	case errors.Is(err, driver.ErrEnded), errors.Is(err, eventloop.ErrPeerEnded): // of which Recv has the reason
	case !driver.SendWaits(l.st) && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)): // before which one may have come
		l.failure.CompareAndSwap(nil, &err)
	default:
		l.failure.CompareAndSwap(nil, &err)
		_ = l.st.Close()
	}
	if e.r.running.Err() == nil {
		return e.r.job.scenario.Custom.Reconnect
	}
	e.quit = true
	return driver.SendWaits(l.st) // the server may have the message that was broken off
}

// endedOwn counts why a stream ended and says whether it is opened anew; if so that goes on
// beside the caller.
func (e *exchange) endedOwn(err error) (again bool) {
	r := e.r
	var said interface{ Class() string }
	if failure := e.live.Load().failure.Load(); failure != nil && !errors.As(err, &said) {
		err = *failure
	}
	if e.closed || e.done || r.running.Err() != nil {
		return false
	}
	lived := time.Duration(clock.Now() - e.own.opened)
	e.own.opened, e.own.last = 0, 0
	if e.own.unstamped != nil {
		e.own.unstamped.last = 0
	}
	if errors.Is(err, io.EOF) {
		r.closedBy(err, e.progress() > e.own.progressed)
	} else {
		r.broke(err)
	}
	if !r.job.scenario.Custom.Reconnect {
		e.closed = true
		return false
	}
	go e.reopen(errors.Is(err, io.EOF), lived)
	return true
}

// owed reports whether a tcp connection ended while a reply was outstanding. It has no way to
// say that it ends in order, so it broke, as a WebSocket does without a Close frame. Replies that
// did not come within the drain are no longer outstanding: the client ends the connection then.
func (e *exchange) owed() bool {
	job := e.r.job
	if job.point.Protocol != "tcp" || e.r.settled.Load() != 0 || !job.sends(e.call.Share) || job.arrives() || job.publishes() {
		return false
	}
	return e.outstanding() > 0
}

// progress counts what has come on an exchange's streams.
func (e *exchange) progress() uint64 {
	if u := e.own.unstamped; u != nil {
		return e.receiver.Ledger.Received + u.gap.Ledger.Received
	}
	return e.receiver.Ledger.Received
}

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

// rest returns how long to wait before a stream that lived for so long is reopened. If it
// broke, or brought no message, that is a pause which grows while streams in a row bring
// nothing. If the server ended it in order, the time since its opening counts as waited. The
// server may ask for more (an event stream's retry field).
func (e *exchange) rest(inOrder bool, lived time.Duration) time.Duration {
	came := e.progress()
	barren := came == e.own.progressed
	e.own.progressed = came
	var wait time.Duration
	switch {
	case barren:
		e.own.barren++
		wait = pause(e.own.barren)
	case inOrder:
		wait = jitter(reopenInterval) - lived
	default:
		wait = pause(0)
	}
	if !barren {
		e.own.barren = 0
	}
	if again, ok := e.driver.(driver.Retrier); ok {
		wait = max(wait, again.Retry())
	}
	return max(0, wait)
}

// reopenTurn returns how long a reopening that is due now has to wait for those of other
// streams.
func (r *repetition) reopenTurn() time.Duration {
	for {
		now, next := clock.Now(), r.nextReopening.Load()
		turn := max(now, next)
		if r.nextReopening.CompareAndSwap(next, turn+int64(reopenSpacing)) {
			return time.Duration(turn - now)
		}
	}
}

// wait waits unless the repetition ends first.
func (r *repetition) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-r.running.Done():
	}
}

func (e *exchange) reopen(inOrder bool, lived time.Duration) {
	r := e.r
	_ = e.stream().Close()
	r.wait(e.rest(inOrder, lived))
	if lived < reopenInterval {
		r.wait(r.reopenTurn())
	}
	st, asked := r.attempt(r.running, e.driver, e.call, func(err error) {
		e.time.ordered = e.time.ordered && errors.Is(err, driver.ErrNoMore)
		r.refusedAgain(err)
	})
	if st == nil || !e.revive(st) {
		e.gone.Store(true)
		r.receiving.Done()
		return
	}
	e.own.opened = asked
	h := e.own.handler
	driven, ok := st.(driver.EventDriven)
	if !ok || e.own.loop == nil {
		e.begin(h)
		proto.Receive(st, h)
		return
	}
	switch err := driven.Drive(e.own.loop, h); {
	case err == nil:
		e.own.loop.Post(func() { e.begin(h) })
	case errors.Is(err, errors.ErrUnsupported): // it has ended, of which no loop is told
		proto.Receive(st, h)
	default:
		_ = st.Close()
		h.Ended(err)
	}
}

// revive makes st the exchange's stream, unless all are being closed.
func (e *exchange) revive(st driver.Stream) bool {
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	if e.r.closing {
		_ = st.Close()
		return false
	}
	e.r.amiss[e.r.phase.Load()].reopened++
	e.sentAt.Store(0) // its reply was lost with the stream before
	e.live.Store(newLive(st))
	e.noteReopened()
	return true
}

// leave has no stream to a server of the user's own opened anew, and ends what is taken
// from one that sends by itself with what it has sent by now.
func (r *repetition) leave() {
	if !r.job.own() {
		return
	}
	r.stop()
	if r.job.pushes() {
		r.left.Store(min(r.to, clock.Now()))
	}
}
