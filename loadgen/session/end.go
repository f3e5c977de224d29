package session

import (
	"errors"
	"io"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
)

// Ended implements proto.Handler for all handlers of a session. It counts the end of the stream
// and has it reopened, as the failure policy says.
func (e *Session) Ended(err error) {
	g := e.g
	if t := e.active.Load().dialect; t != nil {
		err = t.EndError(err)
	}
	e.noteEnd(err)
	if err == io.EOF && e.owesReply() { //nolint:errorlint // wrapped, it says that it is in order
		err = io.ErrUnexpectedEOF
	}
	if e.endsStay(err) {
		return
	}
	e.endedByServer = errors.Is(err, io.EOF)
	switch {
	case g.Policy != Abort && !e.closedHere && !e.loopState.done && g.reopens.ctx.Err() == nil && !e.planEnded(): // it ended early
		if e.endedEarly(err); g.Policy == CountAndReopen {
			return
		}
	case err != nil && !e.endedByServer && !e.closedHere:
		g.Events.countBroken(err)
	}
	e.ends()
}

// planEnded reports whether a reference server has sent everything, rather than that an event ended the stream.
func (e *Session) planEnded() bool {
	if e.g.custom() || !e.endedByServer || e.active.Load().isCut() {
		return false
	}
	return !e.g.Cell.HasPolicy() || !e.g.Sends() && e.g.source == nil && e.hasAll()
}

// hasAll reports whether the last message of a server's plan has arrived.
func (e *Session) hasAll() bool {
	g := e.g
	planned := g.plan(e.call()).CountPlanned(time.Duration(g.To-g.Origin), func(time.Duration) bool { return true })
	return e.receiver.Sequence.Next() >= planned
}

// endedEarly counts the end of a stream by its reason, which may be that of a failed Send, and
// has another goroutine reopen it if the failure policy says so.
func (e *Session) endedEarly(err error) {
	var classed interface{ Class() string }
	if failure := e.active.Load().sendErr.Load(); failure != nil && !errors.As(err, &classed) {
		err = *failure
	}
	inOrder, lived := errors.Is(err, io.EOF), time.Duration(clock.Now()-e.opened)
	e.opened = 0
	if e.pushed != nil {
		e.pushed.endStream()
	}
	var planned bool
	e.storm, planned = e.g.storms.ended(e.active.Load().isCut(), driver.Class(err), e.timesOut().endedAt)
	switch {
	case planned:
		e.timesOut().cut = true
		if !e.g.traffic.gaps {
			e.cross()
		}
	case inOrder:
		e.g.Events.countClosed(err, e.received() > e.receivedBefore)
	default:
		e.g.Events.countBroken(err)
	}
	if e.g.Policy == CountAndReopen {
		e.visit.breaks()
		go e.reopen(inOrder, lived)
	} else {
		e.g.storms.gaveUp(e.storm)
	}
}

// owesReply reports whether a tcp connection ended while a reply was outstanding. TCP cannot
// signal a normal end, so the connection broke, like a WebSocket without a Close frame. Replies
// that missed the drain are no longer outstanding, since the client then ends the connection.
func (e *Session) owesReply() bool {
	t := &e.g.traffic
	if e.g.Policy == Abort || e.g.Cell.Protocol != "tcp" || e.g.drainedAt.Load() != 0 || t.senders != allSend || t.gaps {
		return false
	}
	if t.outstanding == nil { // a closed loop
		return outstandingReplies(e) > 0
	}
	return t.outstanding(e) > 0
}

// noteEnd records the end of the session's stream.
func (e *Session) noteEnd(err error) {
	g, t, now := e.g, e.timesOut(), clock.Now()
	sent := e.loopState.sentAt.Load()
	if s := (period{sent, now}); sent != 0 && g.steadyPart(s) > 0 {
		t.waits = append(t.waits, s)
	}
	t.endedAt = now
	t.endedInOrder = errors.Is(err, io.EOF) && sent == 0 && (g.traffic.pushes() || g.Policy == CountAndReopen) &&
		e.received() > e.receivedBefore
	g.open.ended(now)
}
