package http2

import (
	"errors"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"
)

// The following methods need c.mu.

// fail ends the connection and its streams unless they have ended.
func (c *Conn) fail(err error) {
	if c.shutDown(err) {
		c.closeConn()
	}
}

// failWrite handles an error of a write. The client of a loop still reads the server's last frames, such
// as a GOAWAY, which explains the end better.
func (c *Conn) failWrite(err error) {
	if c.driven == nil || c.server != nil || errors.Is(err, net.ErrClosed) {
		c.fail(err)
		return
	}
	c.writeErr = err
}

// abort sends GOAWAY and ends the connection.
func (c *Conn) abort(v *violation) {
	c.receiving = false
	c.out = appendGoAway(c.out, c.lastStream(), v.code, v.reason)
	c.flushWithDeadline()
	for c.flushing && c.err == nil { // by another goroutine, which writes this too
		c.changed.Wait()
	}
	switch {
	case !c.shutDown(v):
	case c.server != nil:
		c.closeAfterPeer()
	case c.driven != nil:
		c.driven.CloseSent()
	default:
		c.closeConn()
	}
}

// lastStream returns the highest ID of a stream that the peer has opened.
func (c *Conn) lastStream() uint32 {
	if c.server == nil || c.next < 2 {
		return 0
	}
	return c.next - 2
}

// lingerTimeout is how long the server waits for the client to close after a GOAWAY.
// Closing with unread data would reset the connection, and the client could lose the
// GOAWAY.
const lingerTimeout = 200 * time.Millisecond

// closeAfterPeer closes the sending direction now and the connection when the client has
// closed it too, or after lingerTimeout.
func (c *Conn) closeAfterPeer() {
	if c.driven != nil {
		_ = c.driven.CloseWrite()
	} else if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	time.AfterFunc(lingerTimeout, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.closeConn()
	})
}

// shutDown ends the streams. It returns false if the connection had already ended.
func (c *Conn) shutDown(err error) bool {
	if c.err != nil {
		return false
	}
	var said *GoAway
	if !errors.Is(err, net.ErrClosed) && errors.As(c.refused, &said) {
		err = &GoAway{Code: said.Code, TooManyPings: said.TooManyPings} // it explains the end
	}
	c.err = err
	for _, st := range c.streams {
		c.endStream(st, err)
	}
	c.changed.Broadcast()
	return true
}

func (c *Conn) closeConn() {
	if c.driven != nil {
		_ = c.driven.Close()
	} else {
		_ = c.nc.Close()
	}
}

// handleGoAway handles GOAWAY.
func (c *Conn) handleGoAway(f frame) error {
	if len(f.payload) < 8 {
		return newViolation(http2.ErrCodeFrameSize, "truncated GOAWAY")
	}
	c.refused = &GoAway{Code: f.code(), Unprocessed: true, TooManyPings: string(f.payload[8:]) == tooManyPings}
	if c.server != nil {
		c.closeIdle()
	} else {
		c.endUnseen(f.number() & highestStream)
	}
	c.changed.Broadcast()
	return nil
}

// endUnseen ends the streams above last, which the server has not processed.
func (c *Conn) endUnseen(last uint32) {
	var unseen []*Stream
	for id, st := range c.streams {
		if id > last {
			unseen = append(unseen, st)
		}
	}
	for _, st := range unseen {
		c.endStream(st, c.refused)
		c.notify(st)
	}
}

// closeIdle closes a server connection whose client opens no more streams, after the last
// stream.
func (c *Conn) closeIdle() {
	if c.refused != nil && c.open == 0 && c.err == nil {
		c.abort(newViolation(http2.ErrCodeNo, "all streams have ended"))
	}
}

// endDriven ends a driven connection and notifies the handlers of its streams.
func (c *Conn) endDriven(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writeErr != nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		err = c.writeErr // it was told the reset, which the kernel tells once
	}
	c.shutDown(err)
	c.closeConn()
	c.notifyAll()
	if c.ended != nil {
		c.ended()
	}
}

// notifyAll notifies the handlers of all streams, which are over.
func (c *Conn) notifyAll() {
	streams := make([]*Stream, 0, len(c.streams))
	for _, st := range c.streams {
		streams = append(streams, st)
	}
	for _, st := range streams {
		c.notify(st)
	}
}
