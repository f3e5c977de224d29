package session

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
)

// closedLoop sends the next message once the reply to the last one has arrived.
type closedLoop struct{ *Session }

func (e closedLoop) start() { e.next() }

// take implements taker. Only the reply to the current message triggers the next one; otherwise a
// repeated reply would add a message to the loop.
func (e closedLoop) take(h proto.Header, o codec.Outcome, at int64) {
	e.receiver.Note(h, o, at)
	if o != codec.Corrupt && h.Seq+1 != e.seq {
		return
	}
	if sent := e.loopState.sentAt.Swap(0); sent != 0 && at-sent > e.loopState.longestWait.Load() {
		e.loopState.longestWait.Store(at - sent)
	}
	if !e.loopState.done {
		e.think()
		e.next()
	}
}

// awaitTurn returns true if it is not the group's turn; next is then called when it is.
func (e closedLoop) awaitTurn() bool {
	if e.g.Turns.Of == 0 || e.gone.Load() {
		return false
	}
	now := clock.Now()
	since := time.Duration(now - e.g.Origin)
	wait := min(e.g.Turns.Next(since)-since, time.Duration(e.g.To-now))
	if wait <= 0 {
		return false
	}
	if e.loop == nil {
		sleepUntil(e.g.reopens.ctx, now+int64(wait))
		return false
	}
	time.AfterFunc(wait, func() { e.loop.Post(e.next) })
	return true
}

func (e closedLoop) next() {
	if e.awaitTurn() {
		return
	}
	guarded := e.g.traffic.halfCloses // if the drain does not, two atomic operations per message are saved
	now := clock.Now()
	e.g.edges.pass(e.g, now)
	for ; now < e.g.To && !e.g.cutoff.Load(); now = clock.Now() {
		if e.g.storms != nil && e.active.Load().isCut() {
			return // the receiver finds its end, and the loop goes on after it is reopened
		}
		if guarded && !e.loopState.sender.CompareAndSwap(idle, busySending) {
			return
		}
		e.loopState.sentAt.Store(now)
		goesOn := e.send(now, now)
		if guarded {
			e.loopState.sender.Store(idle)
		}
		switch {
		case !goesOn && e.g.Policy == Abort:
			e.closeStream()
			return
		case !goesOn || !e.loopState.messageFailed: // it was sent, or the receiver counts the end of the stream
			return
		case e.g.storms.mayEnd(now): // so does this one's, probably
			return
		}
		e.loopState.sentAt.Store(0) // a failed message gets no reply
		e.pauseAfterFailure()
	}
	e.loopState.done = true
	if e.g.matchesByOrder() && !e.stream().SendWaits {
		return // drain half-closes the stream once replies have stopped
	}
	if !e.loopState.sender.CompareAndSwap(idle, halfClosed) {
		return
	}
	if err := e.active.Load().closeSend(e.g.Events); err != nil {
		e.g.Events.countBroken(err)
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

// loopState is the part of a sender that only closed loops have.
type loopState struct {
	sentAt atomic.Int64 // send time of the outstanding message; 0: none
	paused int64        // nanoseconds of the steady phase, after failed messages
	// longestWait is the longest time from a message to its presumed reply.
	longestWait atomic.Int64
	pauses      *rand.PCG    // nil unless users or the sender think
	sender      atomic.Int32 // idle, busySending or halfClosed
	done        bool         // the last message was sent
	// messageFailed reports that the last message failed and its stream did not. It is the sender's.
	messageFailed bool
}

func (e *sender) think() {
	if d := e.g.Cell.Think.Draw(e.loopState.pauses); d > 0 {
		time.Sleep(min(d, time.Duration(e.g.To-clock.Now())))
	}
}

// pauseAfterFailure waits before the message that follows a failed one.
func (e *sender) pauseAfterFailure() {
	began := clock.Now()
	sleepUntil(e.g.reopens.ctx, began+int64(backoff(0)))
	e.loopState.paused += e.g.steadyPart(period{began, clock.Now()})
}

// breakStalled closes the stream if its reply is overdue.
func (e *sender) breakStalled(now int64) {
	l := e.active.Load() // before sentAt, which is 0 on a new stream
	if sent := e.loopState.sentAt.Load(); sent != 0 && now-sent > int64(replyTimeout) {
		var err error = noReplyError{}
		l.sendErr.CompareAndSwap(nil, &err)
		_ = l.close()
	}
}

// noReplyError is the error of a stream whose reply is overdue.
type noReplyError struct{}

func (noReplyError) Error() string { return fmt.Sprintf("no reply within %v", replyTimeout) }

// Class names the error class.
func (noReplyError) Class() string { return "reply timeout" }
