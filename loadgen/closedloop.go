package loadgen

import (
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
)

// closedLoop sends the next message once the reply to the last one has arrived.
type closedLoop struct{ *exchange }

func (e closedLoop) start() { e.next() }

// take implements taker. Only the reply to the current message triggers the next one; otherwise a
// repeated reply would add a message to the loop.
func (e closedLoop) take(h proto.Header, o codec.Outcome, at int64) {
	e.receiver.Note(h, o, at)
	if o != codec.Corrupt && h.Seq+1 != e.seq {
		return
	}
	if sent := e.sentAt.Swap(0); sent != 0 && at-sent > e.loopState.longestWait.Load() {
		e.loopState.longestWait.Store(at - sent)
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
		e.sentAt.Store(now)
		goesOn := e.Fire(now)
		e.loopState.sender.Store(idle)
		switch {
		case !goesOn && e.r.policy == abort:
			e.closeStream()
			return
		case !goesOn || !e.loopState.sendFailed: // the receiver counts the end of the stream
			return
		}
		e.sentAt.Store(0) // a failed message gets no reply
		e.pauseAfterFailure()
	}
	e.done = true
	if e.r.job.matchesByOrder() && !e.stream().SendWaits {
		return // drain half-closes the stream once replies have stopped
	}
	if !e.loopState.sender.CompareAndSwap(idle, halfClosed) {
		return
	}
	if err := e.active.Load().closeSend(e.r); err != nil {
		e.r.countBroken(err)
		e.closeStream()
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
	sendFailed  bool // the last message failed; the sender's
}

func (e *exchange) think() {
	if d := e.r.job.cell.Think; d > 0 {
		time.Sleep(min(d, time.Duration(e.r.to-clock.Now())))
	}
}

// pauseAfterFailure waits before the message that follows a failed one.
func (e *exchange) pauseAfterFailure() {
	began := clock.Now()
	e.r.sleep(backoff(0))
	e.streamTime.pause += e.r.steadyPart(period{began, clock.Now()})
}
