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

// handleSendError says whether an exchange goes on although a Send failed: that message has failed,
// or its stream will be opened anew by what receives.
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
	case errors.Is(err, driver.ErrEnded), errors.Is(err, eventloop.ErrPeerEnded): // of which Recv has the reason
	case !driver.SendWaits(l.stream) && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)): // before which one may have come
		l.sendErr.CompareAndSwap(nil, &err)
	default:
		l.sendErr.CompareAndSwap(nil, &err)
		_ = l.stream.Close()
	}
	if e.r.reopenCtx.Err() == nil {
		return e.r.job.scenario.Custom.Reconnect
	}
	e.stoppedSending = true
	return driver.SendWaits(l.stream) // the server may have the message that was broken off
}

// handleEnd counts why a stream ended and says whether it is opened anew; if so that goes on
// beside the caller.
func (e *exchange) handleEnd(err error) (again bool) {
	r := e.r
	var said interface{ Class() string }
	if failure := e.active.Load().sendErr.Load(); failure != nil && !errors.As(err, &said) {
		err = *failure
	}
	if e.closedHere || e.done || r.reopenCtx.Err() != nil {
		return false
	}
	lived := time.Duration(clock.Now() - e.custom.opened)
	e.custom.opened, e.custom.lastOnStream = 0, 0
	if e.custom.unstamped != nil {
		e.custom.unstamped.lastOnStream = 0
	}
	if errors.Is(err, io.EOF) {
		r.countClosed(err, e.received() > e.custom.receivedBefore)
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

// owesReply reports whether a tcp connection ended while a reply was outstanding. It has no way to
// say that it ends in order, so it broke, as a WebSocket does without a Close frame. Replies that
// did not come within the drain are no longer outstanding: the client ends the connection then.
func (e *exchange) owesReply() bool {
	job := e.r.job
	if job.cell.Protocol != "tcp" || e.r.drainedAt.Load() != 0 || !job.sends(e.call.Share) || job.timesArrivals() || job.publishes() {
		return false
	}
	return e.outstanding() > 0
}

// received counts what has come on an exchange's streams.
func (e *exchange) received() uint64 {
	if u := e.custom.unstamped; u != nil {
		return e.receiver.Ledger.Received + u.gap.Ledger.Received
	}
	return e.receiver.Ledger.Received
}
