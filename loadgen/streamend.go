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

// sendFailed reports whether the exchange continues after a failed Send: only the message failed,
// or the receiver will reopen the stream.
func (e *exchange) sendFailed(l *activeStream, err error, due int64) bool {
	if e.r.policy == abort {
		e.r.countBroken(err)
		return false
	}
	l.script.Forget()
	if errors.Is(err, driver.ErrMessageFailed) {
		e.r.countUnexpected(err, due)
		return true
	}
	switch {
	case errors.Is(err, driver.ErrEnded), errors.Is(err, eventloop.ErrPeerEnded): // Recv returns the reason
	case !l.stream.SendWaits && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)): // the server's reason may still be unread
		l.sendErr.CompareAndSwap(nil, &err)
	default:
		l.sendErr.CompareAndSwap(nil, &err)
		_ = l.close()
	}
	if e.r.reopenCtx.Err() == nil {
		return e.r.policy == countAndReopen
	}
	e.stoppedSending = true
	return l.stream.SendWaits // the server may have the interrupted message
}

// Ended implements proto.Handler for all handlers of an exchange. It counts the end of the stream
// and has it reopened, as the failure policy says.
func (e *exchange) Ended(err error) {
	r := e.r
	switch l := e.active.Load(); {
	case l.script != nil:
		err = l.script.EndError(err)
	case l.guide != nil:
		err = l.guide.EndError(err)
	}
	e.noteEnd(err)
	if err == io.EOF && e.owesReply() { //nolint:errorlint // wrapped, it says that it is in order
		err = io.ErrUnexpectedEOF
	}
	e.endedByServer = errors.Is(err, io.EOF)
	switch {
	case r.policy != abort && !e.closedHere && !e.done && r.reopenCtx.Err() == nil: // it ended early
		if e.endedEarly(err); r.policy == countAndReopen {
			return
		}
	case err != nil && !e.endedByServer && !e.closedHere:
		r.countBroken(err)
	}
	e.gone.Store(true)
	r.receiving.Done()
}

// endedEarly counts the end of a stream by its reason, which may be that of a failed Send, and
// has another goroutine reopen it if the failure policy says so.
func (e *exchange) endedEarly(err error) {
	var classed interface{ Class() string }
	if failure := e.active.Load().sendErr.Load(); failure != nil && !errors.As(err, &classed) {
		err = *failure
	}
	inOrder, lived := errors.Is(err, io.EOF), time.Duration(clock.Now()-e.opened)
	e.opened = 0
	e.pushed.endStream()
	if inOrder {
		e.r.countClosed(err, e.received() > e.receivedBefore)
	} else {
		e.r.countBroken(err)
	}
	if e.r.policy == countAndReopen {
		go e.reopen(inOrder, lived)
	}
}

// owesReply reports whether a tcp connection ended while a reply was outstanding. TCP cannot
// signal a normal end, so the connection broke, like a WebSocket without a Close frame. Replies
// that missed the drain are no longer outstanding, since the client then ends the connection.
func (e *exchange) owesReply() bool {
	t := &e.r.traffic
	if e.r.policy == abort || e.r.job.cell.Protocol != "tcp" || e.r.drainedAt.Load() != 0 || t.senders != allSend || t.gaps {
		return false
	}
	return t.outstanding(e) > 0
}

// received returns the number of messages received on an exchange's streams.
func (e *exchange) received() uint64 {
	if u := e.pushed.unstamped; u != nil {
		return e.receiver.Ledger.Received + u.gap.Ledger.Received
	}
	return e.receiver.Ledger.Received
}
