package loadgen

import (
	"errors"
	"io"
	"syscall"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
)

// handleSendError reports whether the exchange continues after a failed Send: only the message
// failed, or the receiver will reopen the stream.
func (e *exchange) handleSendError(l *activeStream, err error, due int64) bool {
	if !e.r.job.custom() {
		e.r.countBroken(err)
		return false
	}
	if errors.Is(err, driver.ErrMessageFailed) {
		e.r.Unexpected(driver.Class(err), err.Error(), due)
		return true
	}
	switch {
	case errors.Is(err, driver.ErrEnded), errors.Is(err, eventloop.ErrPeerEnded): // Recv returns the reason
	case !l.stream.SendWaits && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)): // the server's reason may still be unread
		l.sendErr.CompareAndSwap(nil, &err)
	default:
		l.sendErr.CompareAndSwap(nil, &err)
		_ = l.stream.Close()
	}
	if e.r.reopenCtx.Err() == nil {
		return e.r.job.scenario.Custom.Reconnect
	}
	e.stoppedSending = true
	return l.stream.SendWaits // the server may have the interrupted message
}

// handleEnd counts the end of a stream and reports whether another goroutine reopens it.
func (e *exchange) handleEnd(err error) (again bool) {
	r := e.r
	var classed interface{ Class() string }
	if failure := e.active.Load().sendErr.Load(); failure != nil && !errors.As(err, &classed) {
		err = *failure
	}
	if e.closedHere || e.done || r.reopenCtx.Err() != nil {
		return false
	}
	lived := time.Duration(clock.Now() - e.opened)
	e.opened, e.pushed.lastOnStream = 0, 0
	if e.pushed.unstamped != nil {
		e.pushed.unstamped.lastOnStream = 0
	}
	if errors.Is(err, io.EOF) {
		r.countClosed(err, e.received() > e.receivedBefore)
	} else {
		r.countBroken(err)
	}
	if !r.job.scenario.Custom.Reconnect {
		e.closedHere = true
		return false
	}
	go e.reopen(errors.Is(err, io.EOF), lived)
	return true
}

// owesReply reports whether a tcp connection ended while a reply was outstanding. TCP cannot
// signal a normal end, so the connection broke, like a WebSocket without a Close frame. Replies
// that missed the drain are no longer outstanding, since the client then ends the connection.
func (e *exchange) owesReply() bool {
	job := e.r.job
	if job.cell.Protocol != "tcp" || e.r.drainedAt.Load() != 0 || !job.sends(e.call.Share) || job.timesArrivals() || job.publishes() {
		return false
	}
	return e.outstanding() > 0
}

// received returns the number of messages received on an exchange's streams.
func (e *exchange) received() uint64 {
	if u := e.pushed.unstamped; u != nil {
		return e.receiver.Ledger.Received + u.gap.Ledger.Received
	}
	return e.receiver.Ledger.Received
}
