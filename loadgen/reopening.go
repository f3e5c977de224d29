package loadgen

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/wire"
)

// asking is the closed loop with a server that may not answer.
type asking struct{ pingPong }

// Message implements proto.Handler. A reply to a message other than the one under way has
// nothing sent for it: otherwise there would be more and more.
func (e *asking) Message(p []byte, at int64) {
	if e.precedes(p, at) {
		return
	}
	if h, ok := e.receiver.Take(p, at); ok && h.Seq+1 != e.seq {
		return
	}
	if waited := at - e.own.sentAt.Load(); waited > e.own.longestWait.Load() {
		e.own.longestWait.Store(waited)
	}
	e.own.cameAt.Store(at)
	if !e.ending {
		e.think()
		e.next()
	}
}

func (e *asking) next() {
	for now := clock.Now(); now < e.r.to && !e.r.cutoff.Load(); now = clock.Now() {
		if !e.own.sender.CompareAndSwap(idle, busySending) {
			return
		}
		failed := e.own.failed
		e.own.sentAt.Store(now)
		goesOn := e.Fire(now)
		e.own.sender.Store(idle)
		if !goesOn {
			e.enough()
			return
		}
		if e.own.failed == failed {
			return
		}
		e.pause() // no answer comes to what could not be sent
	}
	e.own.sentAt.Store(0) // nothing is outstanding
	e.own.done = true
	if e.r.job.ordered() && !driver.Waits(e.stream()) {
		e.ending = true // the drain half-closes it, when no more comes
		return
	}
	e.finish()
}

// precedes reports whether p was matched by order to a message that was sent after it had come,
// and if so has that message wait on. It is so if a frame or a read brought several messages.
func (e *asking) precedes(p []byte, at int64) bool {
	if !e.r.job.ordered() {
		return false
	}
	h, _ := proto.PeekHeader(p, e.call.Text)
	s, ok := e.stream().(interface{ Unmatch(seq uint64) })
	if ok = ok && h.Sent > at && h.Seq+1 == e.seq; ok {
		s.Unmatch(h.Seq)
	}
	return ok
}

// ordered reports whether replies of a custom target are told apart by their order.
func (j job) ordered() bool { return j.own() && j.scenario.Own.Match.By == "order" }

// goesOn says whether an exchange goes on although a Send failed: that message has failed,
// or its stream will be opened anew by what receives.
func (e *exchange) goesOn(l *live, err error, due int64) bool {
	if !e.r.job.own() {
		e.r.broke(err)
		return false
	}
	if errors.Is(err, driver.ErrMessageFailed) {
		e.own.failed++
		e.r.Unexpected(driver.Class(err), err.Error(), due)
		return true
	}
	switch {
	case errors.Is(err, driver.ErrEnded), errors.Is(err, wire.ErrPeerEnded): // of which Recv has the reason
	case !driver.Waits(l.st) && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)): // before which one may have come
		l.failure.CompareAndSwap(nil, &err)
	default:
		l.failure.CompareAndSwap(nil, &err)
		_ = l.st.Close()
	}
	if e.r.running.Err() == nil {
		return e.r.job.scenario.Own.Reconnect
	}
	e.own.over = true
	return driver.Waits(l.st) // the server may have the message that was broken off
}

// pause is between a message that failed and the next.
func (e *exchange) pause() {
	began := clock.Now()
	defer func() { e.time.pause += e.r.inSteady(stretch{began, clock.Now()}) }()
	select {
	case <-time.After(pause(0)):
	case <-e.r.running.Done():
	}
}

// endedOwn counts why a stream ended and says whether it is opened anew; if so that goes on
// beside the caller.
func (e *exchange) endedOwn(err error) (again bool) {
	r := e.r
	var said interface{ Class() string }
	if failure := e.live.Load().failure.Load(); failure != nil && !errors.As(err, &said) {
		err = *failure
	}
	if e.closed || e.own.done || r.running.Err() != nil {
		return false
	}
	if err == io.EOF && e.owed() { //nolint:errorlint // wrapped, it says that it is in order
		err = io.ErrUnexpectedEOF
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
	if !r.job.scenario.Own.Reconnect {
		e.closed = true
		return false
	}
	go e.reopen(errors.Is(err, io.EOF), lived)
	return true
}

// owed reports whether a tcp connection ended while a reply was outstanding. It has no way to
// say that it ends in order, so it broke, as a WebSocket does without a Close frame.
func (e *exchange) owed() bool {
	job := e.r.job
	if job.point.Protocol != "tcp" || !job.sends(e.call.Share) || job.arrives() || job.publishes() {
		return false
	}
	if !e.r.open() {
		return e.own.sentAt.Load() > e.own.cameAt.Load()
	}
	before := e.own.before
	return e.left()-before.sent > e.answered.Load()-before.answered+e.rejected()-before.rejected
}

// progress counts what has come on an exchange's streams.
func (e *exchange) progress() uint64 {
	if u := e.own.unstamped; u != nil {
		return e.receiver.Ledger.Received + u.receiver.Ledger.Received
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
	driven, ok := st.(driver.Driven)
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
	e.own.before = counts{e.left(), e.answered.Load(), e.rejected()}
	e.live.Store(newLive(st))
	e.noteReopened()
	return true
}

// sweep breaks off the streams of a closed loop whose reply does not come.
func (r *repetition) sweep() {
	if !r.job.own() || r.open() {
		return
	}
	for _, e := range r.exchanges {
		sent, now := e.own.sentAt.Load(), clock.Now()
		if sent > e.own.cameAt.Load() && sent != e.own.broken && now-sent > int64(replyTimeout) {
			var err error = noReply{}
			l := e.live.Load()
			l.failure.CompareAndSwap(nil, &err)
			_ = l.st.Close()
			e.own.broken = sent
		}
	}
}

// A noReply is of a closed loop.
type noReply struct{}

func (noReply) Error() string { return fmt.Sprintf("no reply within %v", replyTimeout) }

// Class names it.
func (noReply) Class() string { return "no reply in time" }

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
