package loadgen

import (
	"fmt"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
)

// pingPong is the closed loop: the next message is sent when the last has been
// answered.
type pingPong struct {
	*exchange
	ending bool
}

func (e *pingPong) Message(p []byte, at int64) {
	e.time.sentAt = 0
	e.receiver.Take(p, at)
	if !e.ending {
		e.think()
		e.next()
	}
}

func (e *pingPong) next() {
	now := clock.Now()
	if now < e.r.to && !e.r.cutoff.Load() {
		e.time.sentAt = now
		if !e.Fire(now) {
			e.enough()
		}
		return
	}
	e.finish()
}

func (e *pingPong) finish() {
	e.ending = true
	if e.own != nil && !e.own.sender.CompareAndSwap(idle, halfClosed) {
		return
	}
	if err := e.stream().CloseSend(); err != nil {
		e.r.broke(err)
		e.enough()
	}
}

func (e *exchange) think() {
	if d := e.r.job.point.Think; d > 0 {
		time.Sleep(min(d, time.Duration(e.r.to-clock.Now())))
	}
}

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

// pause is between a message that failed and the next.
func (e *exchange) pause() {
	began := clock.Now()
	defer func() { e.time.pause += e.r.inSteady(stretch{began, clock.Now()}) }()
	select {
	case <-time.After(pause(0)):
	case <-e.r.running.Done():
	}
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
