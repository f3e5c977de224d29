package loadgen

import (
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// lockstep is the closed loop with a reference server: each reply triggers the next message.
type lockstep struct{ *exchange }

func (e lockstep) Message(p []byte, at int64) {
	e.sentAt.Store(0)
	e.receiver.Take(p, at)
	if !e.done {
		e.think()
		e.next()
	}
}

func (e lockstep) next() {
	now := clock.Now()
	if now < e.r.to && !e.r.cutoff.Load() {
		e.sentAt.Store(now)
		if !e.Fire(now) {
			e.closeStream()
		}
		return
	}
	e.finish()
}

func (e lockstep) finish() {
	e.done = true
	if !e.loopState.sender.CompareAndSwap(idle, halfClosed) {
		return
	}
	if err := e.stream().CloseSend(); err != nil {
		e.r.countBroken(err)
		e.closeStream()
	}
}

func (e *exchange) think() {
	if d := e.r.job.cell.Think; d > 0 {
		time.Sleep(min(d, time.Duration(e.r.to-clock.Now())))
	}
}

// States of a closed loop's sender. Another goroutine may half-close the stream only if its
// sender is idle.
const (
	idle = iota
	busySending
	halfClosed
)

// loopState is the part of an exchange that only closed loops have.
type loopState struct {
	sender atomic.Int32 // idle, busySending or halfClosed
	// longestWait is the longest time from a message to its presumed reply.
	longestWait atomic.Int64
}

// closedLoop is the closed loop with a custom target. It tolerates missing replies.
type closedLoop struct{ lockstep }

// Message implements proto.Handler. Only the reply to the current message triggers the next one;
// otherwise a repeated reply would add a message to the loop.
func (e closedLoop) Message(p []byte, at int64) {
	if e.arrivedBeforeSent(p, at) {
		return
	}
	if h, ok := e.receiver.Take(p, at); ok && h.Seq+1 != e.seq {
		return
	}
	if sent := e.sentAt.Swap(0); sent != 0 {
		e.loopState.longestWait.Store(max(at-sent, e.loopState.longestWait.Load()))
	}
	if !e.done {
		e.think()
		e.next()
	}
}

func (e closedLoop) next() {
	for now := clock.Now(); now < e.r.to && !e.r.cutoff.Load(); now = clock.Now() {
		if !e.loopState.sender.CompareAndSwap(idle, busySending) {
			return
		}
		failed := e.failedSends()
		e.sentAt.Store(now)
		goesOn := e.Fire(now)
		e.loopState.sender.Store(idle)
		if !goesOn { // the receiver counts the end of the stream
			return
		}
		if e.failedSends() == failed {
			return
		}
		e.sentAt.Store(0) // a failed message gets no reply
		e.pauseAfterFailure()
	}
	if e.r.job.matchesByOrder() && !e.stream().SendWaits {
		e.done = true // drain half-closes the stream once replies have stopped
		return
	}
	e.finish()
}

// arrivedBeforeSent reports whether p was matched by order to a message sent after p arrived, and
// if so undoes the match. It happens if one frame or read holds several messages.
func (e closedLoop) arrivedBeforeSent(p []byte, at int64) bool {
	if !e.r.job.matchesByOrder() {
		return false
	}
	h, _ := proto.PeekHeader(p, e.call.Text)
	s, ok := e.stream().Conn.(interface{ Unmatch(seq uint64) })
	if ok = ok && h.Sent > at && h.Seq+1 == e.seq; ok {
		s.Unmatch(h.Seq)
	}
	return ok
}

// pauseAfterFailure waits before the message that follows a failed one.
func (e *exchange) pauseAfterFailure() {
	began := clock.Now()
	e.r.sleep(backoff(0))
	e.streamTime.pause += e.r.steadyPart(period{began, clock.Now()})
}
