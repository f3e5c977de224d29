package session

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
	"rtbench/scenarios/cell"
)

// A visit is the presence of users on a session, one after the other, in a group whose users come and go. The
// session has at most one stream at work: that of a user is taken over once its predecessor has left.
type visit struct {
	// mu guards the fields below. It is held while a message is sent, so that a user does not leave meanwhile.
	mu      sync.Mutex
	state   presenceState
	waiting []cell.Visit // that have yet to begin
	busy    bool         // a goroutine has users leave and join
	over    bool         // the session is done
	// stay ends when the user leaves, and leave ends it.
	stay  context.Context
	leave context.CancelFunc

	ended  chan struct{}    // receives a value when the stream of a leaving user has ended
	away   [2]atomic.Uint64 // messages due between two users, by phase
	closed atomic.Bool      // the leaving user has closed its stream
}

// A presenceState says whether a session has a user.
type presenceState uint8

const (
	present presenceState = iota // with a stream, or reconnecting
	broken                       // present, without a stream: it is being reopened
	leaving
	absent
)

func newVisit(g *Group) *visit {
	v := &visit{ended: make(chan struct{}, 1)}
	v.stay, v.leave = context.WithCancel(g.reopens.ctx)
	return v
}

// A visitor is the pace.Task of a sender in a group whose users come and go.
type visitor struct{ *sender }

// Fire implements pace.Task. A message that is due while no user is there is nobody's.
func (e visitor) Fire(due int64) bool {
	v := e.visit
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state == present || v.state == broken {
		return e.sender.Fire(due)
	}
	v.away[e.g.phaseOf(due)].Add(1)
	e.blocked = false
	return true
}

// Blocked implements pace.Blocker.
func (e visitor) Blocked() bool {
	v := e.visit
	v.mu.Lock()
	defer v.mu.Unlock()
	return (v.state == present || v.state == broken) && e.sender.Blocked()
}

// replaces makes the user of a session leave, and another join, once those before have.
func (e *Session) replaces(next cell.Visit) {
	v := e.visit
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waiting = append(v.waiting, next)
	if !v.busy {
		v.busy = true
		e.g.churn.running.Go(e.replaceUsers)
	}
}

// replaceUsers makes users leave and join until none is waiting.
func (e *Session) replaceUsers() {
	v := e.visit
	for {
		v.mu.Lock()
		if len(v.waiting) == 0 || e.g.reopens.ctx.Err() != nil {
			v.busy = false
			v.mu.Unlock()
			e.finishAbsent()
			return
		}
		next := v.waiting[0]
		v.waiting = v.waiting[1:]
		v.mu.Unlock()
		e.replaceUser(next)
	}
}

// replaceUser makes the user leave while the next one connects, which then takes over the session.
func (e *Session) replaceUser(next cell.Visit) {
	g, v := e.g, e.visit
	joined := make(chan *joining, 1)
	go func() { joined <- g.join(e, next) }()
	e.leaves(g.Origin + int64(next.Join))
	j := <-joined
	if j.stream == nil {
		return
	}
	v.mu.Lock()
	if g.reopens.ctx.Err() != nil { // no more join
		v.mu.Unlock()
		_ = j.stream.close()
		_ = j.by.Close()
		return
	}
	e.user = g.userNumber(next.User)
	e.driver, e.opened, e.closedHere, e.endedByServer = j.by, j.opening, false, false
	e.emptyStreams, e.receivedBefore = 0, e.received()
	e.delays = newDelays(&g.Cell, e.user)
	ok := e.replaceStream(j.stream)
	if ok {
		v.state = present
		v.stay, v.leave = context.WithCancel(g.reopens.ctx)
		v.closed.Store(false)
		e.owed.begin()
	}
	v.mu.Unlock()
	if !ok {
		return
	}
	go e.receiveReplaced()
}

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

// closesWell reports whether the other end ends a stream on which this end stops sending. Over SSE without
// POSTs and in a server-streaming call of gRPC, a client can only go.
func (g *Group) closesWell() bool {
	switch {
	case strings.HasPrefix(g.Cell.Protocol, "sse"):
		return g.traffic.halfCloses && !g.traffic.endless
	case g.Cell.Protocol == "grpc":
		return g.traffic.halfCloses || g.custom()
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
	e.streamTime.cut, e.opened = true, 0
	if e.pushed != nil {
		e.pushed.endStream()
	}
	if err != nil && !errors.Is(err, io.EOF) && !v.closed.Load() {
		e.g.Events.countBroken(err)
	}
	v.ended <- struct{}{}
	return true
}

// in reports whether a user is in one of the states, or no users come and go.
func (v *visit) in(states ...presenceState) bool {
	if v == nil {
		return true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Contains(states, v.state)
}

// breaks notes that the user's stream broke, so that it is reopened.
func (v *visit) breaks() {
	if v == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state == present {
		v.state = broken
	}
}

// ends ends the session, unless another user takes it over.
func (e *Session) ends() {
	if v := e.visit; v != nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		switch {
		case v.state == leaving:
			v.ended <- struct{}{}
			return
		case e.g.reopens.ctx.Err() == nil:
			v.state = absent
			return
		case v.over:
			return
		}
		v.state, v.over = absent, true
	}
	e.gone.Store(true)
	e.g.receiving.Done()
}

// finishAbsent ends a session without a user once no more join.
func (e *Session) finishAbsent() {
	v := e.visit
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state != absent || v.busy || v.over || e.g.reopens.ctx.Err() == nil {
		return
	}
	v.over = true
	e.gone.Store(true)
	e.g.receiving.Done()
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

// ctx returns the context in which the session's stream is reopened.
func (e *Session) ctx() context.Context {
	v := e.visit
	if v == nil {
		return e.g.reopens.ctx
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stay
}

// returns makes a reopened stream that of the session, unless its user leaves.
func (e *Session) returns(l *activeStream) bool {
	v := e.visit
	if v == nil {
		return e.replaceStream(l)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state != broken {
		_ = l.close()
		return false
	}
	if !e.replaceStream(l) {
		return false
	}
	v.state = present
	return true
}

// A joining is an attempt of a user to join, with retries.
type joining struct {
	stream  *activeStream // nil: it did not succeed
	by      *connection
	opening int64
}

// join opens a stream for a user, unless the user gives up: after an attempt that fails when its stay is over.
func (g *Group) join(e *Session, of cell.Visit) *joining {
	due := g.Origin + int64(of.Join)
	d, err := g.newConnection()
	if err != nil {
		g.Events.countRefused(err)
		return &joining{}
	}
	call, delays := e.call, newDelays(&g.Cell, g.userNumber(of.User))
	if !g.Sends() && g.source == nil {
		call.Since = clock.Now()
	}
	first := clock.Now()
	l, opening, err := g.openStream(g.reopens.ctx, d, call, g.userNumber(of.User), nil, tries{
		begin:  func() {},
		failed: func(err error) { g.Events.countRefused(err); g.churn.refused(g.Measures(due)) },
		again: func(n int, err error) (time.Duration, bool) {
			if clock.Now() >= g.Origin+int64(of.Leave) {
				return 0, false
			}
			if delays != nil {
				return delays.retry(n, err)
			}
			return backoff(n), !driver.Final(err)
		},
	})
	if err != nil {
		_ = d.Close()
		g.churn.failed(g.Measures(due) && g.reopens.ctx.Err() == nil)
		return &joining{}
	}
	g.churn.joined(g, d, due, first, opening)
	return &joining{l, d, opening}
}
