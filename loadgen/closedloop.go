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
type pingPong struct{ *exchange }

func (e pingPong) Message(p []byte, at int64) {
	e.sentAt.Store(0)
	e.receiver.Take(p, at)
	if !e.done {
		e.think()
		e.next()
	}
}

func (e pingPong) next() {
	now := clock.Now()
	if now < e.r.to && !e.r.cutoff.Load() {
		e.sentAt.Store(now)
		if !e.Fire(now) {
			e.enough()
		}
		return
	}
	e.finish()
}

func (e pingPong) finish() {
	e.done = true
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
func (e asking) Message(p []byte, at int64) {
	if e.precedes(p, at) {
		return
	}
	if h, ok := e.receiver.Take(p, at); ok && h.Seq+1 != e.seq {
		return
	}
	if sent := e.sentAt.Swap(0); sent != 0 {
		e.own.longestWait.Store(max(at-sent, e.own.longestWait.Load()))
	}
	if !e.done {
		e.think()
		e.next()
	}
}

func (e asking) next() {
	for now := clock.Now(); now < e.r.to && !e.r.cutoff.Load(); now = clock.Now() {
		if !e.own.sender.CompareAndSwap(idle, busySending) {
			return
		}
		failed := e.failedSends()
		e.sentAt.Store(now)
		goesOn := e.Fire(now)
		e.own.sender.Store(idle)
		if !goesOn {
			e.enough()
			return
		}
		if e.failedSends() == failed {
			return
		}
		e.sentAt.Store(0) // a message that failed has no reply
		e.pause()
	}
	if e.r.job.ordered() && !driver.SendWaits(e.stream()) {
		e.done = true // the drain half-closes the stream once nothing more arrives
		return
	}
	e.finish()
}

// precedes reports whether p was matched by order to a message that was sent after it had come,
// and if so has that message wait on. It is so if a frame or a read brought several messages.
func (e asking) precedes(p []byte, at int64) bool {
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
func (j job) ordered() bool { return j.own() && j.scenario.Custom.Match.By == "order" }

// pause is between a message that failed and the next.
func (e *exchange) pause() {
	began := clock.Now()
	e.r.wait(pause(0))
	e.time.pause += e.r.inSteady(stretch{began, clock.Now()})
}

// sweep breaks off the streams of a closed loop whose reply does not come.
func (r *repetition) sweep() {
	if !r.job.own() || r.open() {
		return
	}
	for _, e := range r.exchanges {
		l := e.live.Load() // before sentAt, which is 0 on a stream that replaces it
		if sent := e.sentAt.Load(); sent != 0 && clock.Now()-sent > int64(replyTimeout) {
			var err error = noReply{}
			l.failure.CompareAndSwap(nil, &err)
			_ = l.st.Close()
		}
	}
}

// A noReply is of a closed loop.
type noReply struct{}

func (noReply) Error() string { return fmt.Sprintf("no reply within %v", replyTimeout) }

// Class names it.
func (noReply) Class() string { return "no reply in time" }
