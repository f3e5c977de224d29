package http2

import (
	"errors"
	"net"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
)

// Drive hands receiving to l, which calls h. All driven streams of a connection must use
// the same loop. h receives the messages that Recv has not returned, even if the connection
// has ended since the response. Never call Drive during Recv. If the connection is not a
// bare socket, the error is errors.ErrUnsupported and nothing has changed. After any other
// error the stream is unusable.
func (st *Stream) Drive(l *eventloop.Loop, h proto.Handler) error {
	c := st.conn
	err := c.drive(l)
	c.mu.Lock()
	if err != nil && (c.err == nil || !st.answered) {
		c.mu.Unlock()
		return err
	}
	st.driven = true
	st.changed.Broadcast()
	c.mu.Unlock()
	if !l.Post(func() { c.attach(st, h) }) {
		return net.ErrClosed
	}
	return nil
}

// Park does nothing: the connection receives for its other streams.
func (st *Stream) Park() {}

// attach runs on the loop's goroutine and passes data received so far to h.
func (c *Conn) attach(st *Stream, h proto.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st.handler = h
	came := st.in
	st.in = nil
	st.rest, st.used = append(st.rest[:0], st.rest[st.used:]...), 0 // without what Recv returned
	c.receiving = true
	if !st.over {
		st.received.grow(streamWindow)
		c.returnCredit(st, len(came))
	}
	if len(came)+len(st.rest) > 0 {
		c.deliver(st, came, clock.Now())
	}
	if st.over {
		c.notify(st)
	}
	c.receiving = false
	c.flush()
}

// drive replaces the receiving goroutine by l.
func (c *Conn) drive(l *eventloop.Loop) error {
	c.driveMu.Lock()
	defer c.driveMu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.driven != nil {
		return c.err
	}
	if !eventloop.Drivable(c.nc) {
		return errors.ErrUnsupported
	}
	c.handingOver = true
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
	c.mu.Unlock()
	<-c.readDone
	c.mu.Lock()
	for c.flushing && c.err == nil {
		c.changed.Wait()
	}
	if c.err != nil {
		return c.err
	}
	return c.driveBy(l)
}

// driveBy makes l receive, from c.unused on. Nothing is being written.
func (c *Conn) driveBy(l *eventloop.Loop) error {
	driven, err := l.Add(c.nc, (*receiver)(c))
	if err != nil {
		c.fail(err)
		return err
	}
	if c.server != nil {
		driven.PauseAt = maxBuffered
	}
	c.driven, c.loop = driven, l
	if !driven.Start(c.unused) {
		c.fail(net.ErrClosed)
	}
	c.unused = nil
	return c.err
}
