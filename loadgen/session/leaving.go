package session

import (
	"errors"
	"io"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// leaves makes the user leave that was due to: it receives what is on its way, runs the closing steps and ends
// its stream. It returns once the stream has ended, or at once if all streams are being ended.
func (e *Session) leaves(due int64) {
	g, v, l := e.g, e.visit, e.active.Load()
	patience := g.Cell.Drain + endGrace
	stuck := time.AfterFunc(patience, func() { _ = l.close() }) // a Send may hold the lock
	v.mu.Lock()
	stuck.Stop()
	before := v.state
	if g.reopens.ctx.Err() != nil { // all streams are being ended
		v.mu.Unlock()
		return
	}
	if before == absent {
		v.mu.Unlock()
		_ = e.driver.Close()
		e.owed.end()
		return
	}
	v.state = leaving
	v.leave()
	e.owed.leave()
	v.mu.Unlock()
	if before == present {
		e.endStay(l)
	}
	<-v.ended
	g.churn.left(due, g.Measures(due))
	_ = l.close()
	_ = e.driver.Close()
	v.mu.Lock()
	v.state = absent
	v.mu.Unlock()
	e.owed.settle()
}

// endStay ends the stream of a leaving user.
func (e *Session) endStay(l *activeStream) {
	g, v := e.g, e.visit
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for limit := clock.Now() + int64(g.Cell.Drain); len(v.ended) == 0 && clock.Now() < limit && e.awaits() > 0; {
		<-poll.C
	}
	if g.closesWell() {
		_ = l.closeSend(g.Events)
		for limit := clock.Now() + int64(g.closingTime()); len(v.ended) == 0 && clock.Now() < limit; {
			<-poll.C
		}
		if len(v.ended) == 0 {
			g.churn.unanswered.Add(1)
		}
	}
	v.closed.Store(true)
	_ = l.close()
}

// endsStay counts the end of a stream if its user is leaving, and reports whether it is.
func (e *Session) endsStay(err error) bool {
	v := e.visit
	if v == nil {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state != leaving {
		return false
	}
	e.timesOut().cut, e.opened = true, 0
	if e.pushed != nil {
		e.pushed.endStream()
	}
	if err != nil && !errors.Is(err, io.EOF) && !v.closed.Load() {
		e.g.Events.countBroken(err)
	}
	v.ended <- struct{}{}
	return true
}

// closesWell reports whether the other end ends a stream on which this end stops sending. Over SSE without
// POSTs, in a server-streaming call of gRPC and with a broker, a client can only go.
func (g *Group) closesWell() bool {
	switch {
	case proto.Posts(g.Cell.Protocol):
		return g.traffic.halfCloses && !g.traffic.endless
	case g.Cell.Protocol == "grpc":
		return g.traffic.halfCloses || g.custom()
	case g.Cell.Protocol == "mqtt": // a broker does not
		return !g.custom()
	}
	return true
}

// awaits returns how many messages may still arrive for the user.
func (e *Session) awaits() uint64 {
	switch {
	case e.owed != nil:
		return e.owed.outstanding()
	case e.g.traffic.outstanding == nil || e.visit != nil && e.g.traffic.pushes():
		return 0
	}
	return e.g.traffic.outstanding(e)
}

// lastOwed makes a user that has not received anything be owed nothing, once no more is sent and no more join.
func (e *Session) lastOwed() {
	if e.visit == nil || e.owed == nil {
		return
	}
	e.visit.mu.Lock()
	defer e.visit.mu.Unlock()
	if e.owed.awaitsFirst() {
		e.owed.leave()
	}
}
