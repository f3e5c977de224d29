package session

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

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
