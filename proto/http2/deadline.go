package http2

import (
	"errors"
	"time"

	"golang.org/x/net/http2"
)

// ErrDeadline ends a stream at its deadline.
var ErrDeadline = errors.New("the deadline has passed")

// SetDeadline makes the next request end with ErrDeadline at t, even while Start waits. The
// zero time means never.
func (st *Stream) SetDeadline(t time.Time) {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	st.deadline = t
	switch {
	case t.IsZero():
	case st.timer == nil:
		st.timer = time.AfterFunc(time.Until(t), st.expire)
	default:
		st.timer.Reset(time.Until(t))
	}
}

// expired reports whether the deadline has passed. It needs c.mu.
func (st *Stream) expired() bool {
	return !st.deadline.IsZero() && !time.Now().Before(st.deadline)
}

// expire runs at the deadline, or late, when there is a new one.
func (st *Stream) expire() {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.expired() {
		c.changed.Broadcast()
		c.resetStream(st, http2.ErrCodeCancel, ErrDeadline)
		c.flushWithDeadline()
	}
}
