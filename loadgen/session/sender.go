package session

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// A sender is the sending end of a session. In an open loop it is a pace.Task of a metronome, or has
// a goroutine; in a closed loop the receiver calls it.
type sender struct {
	g       *Group
	share   int                          // of the cell's streams, from 0
	number  uint32                       // of the session's stream, in headers
	active  atomic.Pointer[activeStream] // replaced after it ended
	message *proto.Message               // the buffer of messages sent; streams of one thread share it

	seq            uint64        // messages taken up, sent or not
	request        time.Duration // the shortest Send that waited for an answer; 0: none did
	waited         uint64        // steady-phase messages sent late because the peer did not accept earlier ones
	firstDue       int64         // when the first message was due, and firstSent when it was sent; 0: none was
	firstSent      int64
	blocked        bool // the next message waits for the peer
	stoppedSending bool // a Send failed; nothing more is sent
	// attempts is indexed by outside and steady.
	attempts  [2]attempts
	seqs      record.Seqs   // due in the steady phase
	answered  atomic.Uint64 // distinct messages received in an open loop
	loopState loopState
	visit     *visit // nil unless users come and go
}

// sampledSends is the number of messages of a stream of which one Send is timed.
const sampledSends = 16

// call returns what the session's streams ask the server for.
func (e *sender) call() proto.Call { return e.g.call(e.share) }

// stream returns the current stream.
func (e *sender) stream() *driver.Stream { return e.active.Load().stream }

var _ pace.Blocker = (*sender)(nil)

// Blocked implements pace.Blocker. A peer that accepts nothing must not delay other streams, nor
// the loop that receives.
func (e *sender) Blocked() bool {
	if peer := e.active.Load().stream.Writable; peer == nil || peer.Writable() {
		return false
	}
	e.blocked = true
	return true
}

// Fire implements pace.Task. It sends the message due.
func (e *sender) Fire(due int64) bool { return e.send(due, clock.Now()) }

// send sends the message due, at the time sent.
func (e *sender) send(due, sent int64) bool {
	l, held := e.active.Load(), e.blocked
	e.blocked = false
	if !l.sentOn.Load() {
		l.since = e.counts()
		l.sentOn.Store(true)
		if e.firstSent == 0 {
			e.firstDue, e.firstSent = due, sent
		}
	}
	b, err := l.codec.Encode(proto.Header{Seq: e.seq, Intended: due, Sent: sent, Stream: e.number})
	n := &e.attempts[outside]
	if e.g.Sink.Steady(due) {
		n = &e.attempts[steady]
		e.seqs.Note(e.seq)
	}
	if err == nil {
		err = l.stream.Send(b)
	}
	e.loopState.messageFailed = false
	if err == nil {
		n.sent.Add(1)
		e.timeSend(l.stream, sent, n == &e.attempts[steady])
	} else if n.countFailed(l.stream, err); !e.sendFailed(l, err, due) {
		e.stoppedSending = true
		return false
	}
	e.seq++
	if held && n == &e.attempts[steady] && !e.g.watchdog.Explains(due, sent) {
		e.waited++
	}
	return true
}

// timeSend measures a Send that has succeeded: each that waits for an answer, and some of the others.
func (e *sender) timeSend(st *driver.Stream, sent int64, isSteady bool) {
	switch {
	case !isSteady:
	case st.SendWaits:
		if took := time.Duration(clock.Now() - sent); e.request == 0 || took < e.request {
			e.request = took
		}
	case e.seq%sampledSends == 0:
		e.g.Sending.Add(time.Duration(clock.Now() - sent))
	}
}

// Done implements pace.Task.
func (e *sender) Done() { e.g.sending.Done() }

// sendFailed reports whether the session continues after a failed Send: only the message failed,
// or the receiver will reopen the stream.
func (e *sender) sendFailed(l *activeStream, err error, due int64) bool {
	if e.g.Policy == Abort {
		e.g.Events.countBroken(err)
		return false
	}
	if l.script != nil {
		l.script.Forget()
	}
	if l.isCut() {
		return e.g.Policy == CountAndReopen
	}
	if errors.Is(err, driver.ErrMessageFailed) {
		e.g.Events.countUnexpected(err, due)
		e.loopState.messageFailed = true
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
	if e.g.reopens.ctx.Err() == nil {
		return e.g.Policy == CountAndReopen
	}
	e.stoppedSending = true
	return l.stream.SendWaits // the server may have the interrupted message
}

// sent returns the messages sent in the whole run.
func (e *sender) sent() uint64 {
	return e.attempts[steady].sent.Load() + e.attempts[outside].sent.Load()
}

// rejected returns the sent messages that were answered with an error.
func (e *sender) rejected() uint64 {
	return e.attempts[steady].rejected.Load() + e.attempts[outside].rejected.Load()
}

// messageCounts is a snapshot of a sender's counters.
type messageCounts struct{ sent, answered, rejected uint64 }

func (e *sender) counts() messageCounts {
	return messageCounts{e.sent(), e.answered.Load(), e.rejected()}
}

// Indexes of counts by phase. A message belongs to the phase in which it was due.
const (
	outside = iota
	steady
)

// attempts counts a sender's messages of one phase. Only the sender writes.
type attempts struct {
	sent     atomic.Uint64
	unsent   atomic.Uint64 // due and not sent
	rejected atomic.Uint64 // sent and answered with an error
	// refused counts messages that were not sent because the call failed. The failure is also
	// counted by class.
	refused atomic.Uint64
}

// due returns the messages due, sent or not.
func (a *attempts) due() uint64 { return a.sent.Load() + a.unsent.Load() }

// countFailed counts a message whose Send returned err.
func (a *attempts) countFailed(st *driver.Stream, err error) {
	answered, unsent := errors.Is(err, driver.ErrMessageFailed), errors.Is(err, driver.ErrNotSent)
	switch {
	case answered && unsent:
		a.refused.Add(1)
		a.unsent.Add(1)
	case unsent, !answered && !st.SendWaits:
		a.unsent.Add(1)
	default: // the server may have it; if not answered, only the reply is missing
		a.sent.Add(1)
		if answered {
			a.rejected.Add(1)
		}
	}
}

// attempted sums a count of the steady phase.
func attempted(list []*Session, count func(*attempts) uint64) (sum uint64) {
	for _, e := range list {
		sum += count(&e.attempts[steady])
	}
	return sum
}
