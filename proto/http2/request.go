package http2

import "golang.org/x/net/http2"

// The following methods need c.mu and are called by the receiver at the server's end.

// handleRequest passes c.fields to a new stream, or ends the body of an open one.
func (c *Conn) handleRequest(id uint32, end bool) error {
	st := c.streams[id]
	switch {
	case id%2 == 0:
		return newViolation(http2.ErrCodeProtocol, "request on an even stream ID")
	case id >= c.next:
		return c.accept(id, end)
	case st != nil && !st.over:
		c.handleTrailer(st, end)
		return nil
	case id == c.next-2:
		return newViolation(http2.ErrCodeStreamClosed, "HEADERS on a closed stream")
	}
	return newViolation(http2.ErrCodeProtocol, "stream ID is lower than an earlier one")
}

// handleTrailer handles a trailer, whose fields are ignored.
func (c *Conn) handleTrailer(st *Stream, end bool) {
	switch {
	case st.peerEnded:
		c.resetStream(st, http2.ErrCodeStreamClosed, newViolation(http2.ErrCodeStreamClosed, "HEADERS after END_STREAM"))
	case !end, !c.fields.validTrailer():
		c.resetStream(st, http2.ErrCodeProtocol, newViolation(http2.ErrCodeProtocol, "invalid trailer"))
	default:
		c.handleEnd(st)
	}
}

// accept opens the stream of a request.
func (c *Conn) accept(id uint32, end bool) error {
	c.next = id + 2
	length, ok := c.fields.checkRequest(c.server.Connect)
	switch {
	case c.fieldsSize > c.maxHeader:
		c.appendHeaders(id, Header{{Name: ":status", Value: "431"}}, flagEnd)
		if !end {
			c.out = appendNumber(c.out, http2.FrameRSTStream, id, uint32(http2.ErrCodeNo))
		}
		return nil
	case !ok, end && length > 0:
		c.out = appendNumber(c.out, http2.FrameRSTStream, id, uint32(http2.ErrCodeProtocol))
		return nil
	case c.refused != nil || c.open >= c.server.MaxStreams:
		c.out = appendNumber(c.out, http2.FrameRSTStream, id, uint32(http2.ErrCodeRefusedStream))
		return nil
	}
	st := c.newRequest(id, length)
	st.delivering, st.peerEnded = true, end
	c.mu.Unlock()
	c.server.Accept(st)
	c.mu.Lock()
	st.delivering = false
	if st.over {
		c.notify(st)
	} else if end {
		c.handleEnd(st)
	}
	return nil
}

// newRequest returns the stream of a request with the header c.fields.
func (c *Conn) newRequest(id uint32, length int64) *Stream {
	var st *Stream
	if n := len(c.free); n > 0 {
		st, c.free = c.free[n-1], c.free[:n-1]
		st.reset()
	} else {
		st = c.NewStream(nil, nil)
		st.over = false
	}
	st.id, st.driven, st.length, st.bodySize, st.batch = id, c.driven != nil, length, 0, c.batch
	st.header, st.answered = append(st.header[:0], c.fields...), true
	st.received = recvWindow{size: streamWindow, left: streamWindow}
	c.streams[id] = st
	c.open++
	return st
}

// endRequest handles the end of a request's body.
func (c *Conn) endRequest(st *Stream) {
	st.peerEnded = true
	switch {
	case st.length >= 0 && st.bodySize != st.length:
		c.resetStream(st, http2.ErrCodeProtocol, newViolation(http2.ErrCodeProtocol, "content-length does not match the body"))
	case st.collects:
		c.collected(st, nil)
	case st.handler != nil && st.decoder.Framing() != nil:
		c.notify(st)
	default:
		st.changed.Broadcast()
	}
}

// collected passes a request's body to the server.
func (c *Conn) collected(st *Stream, err error) {
	st.collects, st.delivering = false, true
	c.mu.Unlock()
	done := c.server.Body(st, st.in, err)
	c.mu.Lock()
	if st.delivering = false; st.over {
		c.notify(st)
	}
	if st.in = reusable(st.in); done && st.over && !st.queued && len(c.free) < maxFree {
		c.free = append(c.free, st)
	}
}

// maxFree bounds the streams of a connection that are kept for reuse.
const maxFree = 64
