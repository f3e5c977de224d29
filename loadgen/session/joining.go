package session

import (
	"context"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
	"rtbench/scenarios/cell"
)

// A joining is an attempt of a user to join, with retries.
type joining struct {
	stream  *activeStream // nil: it did not succeed
	by      *connection
	opening int64
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

// join opens a stream for a user, unless the user gives up: after an attempt that fails when its stay is over.
func (g *Group) join(e *Session, of cell.Visit) *joining {
	due := g.Origin + int64(of.Join)
	d, err := g.newConnection()
	if err != nil {
		g.Events.countRefused(err)
		return &joining{}
	}
	call, delays := e.call(), newDelays(&g.Cell, g.userNumber(of.User))
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
