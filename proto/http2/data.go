package http2

import (
	"golang.org/x/net/http2"

	"rtbench/proto/framing"
)

// The following methods need c.mu and are called by the receiver unless noted.

// findStream returns the stream with this ID, or nil if it is over. The error means that
// it was never opened.
func (c *Conn) findStream(id uint32) (*Stream, error) {
	if id%2 == 0 || id >= c.next {
		return nil, newViolation(http2.ErrCodeProtocol, "frame on a stream that was never opened")
	}
	st := c.streams[id]
	if st == nil || st.over {
		return nil, nil
	}
	return st, nil
}

// handleData handles DATA.
func (c *Conn) handleData(f frame, at int64) error {
	size := len(f.payload)
	if !c.received.take(size) {
		return newViolation(http2.ErrCodeFlowControl, "connection flow-control window exceeded")
	}
	body, err := f.body()
	if err != nil {
		return err
	}
	st, err := c.findStream(f.stream)
	if st == nil || c.server == nil {
		c.out = c.received.update(c.out, 0, size)
	}
	if st == nil {
		c.refuseFrame(f.stream)
		return err
	}
	if !st.received.take(size) {
		return newViolation(http2.ErrCodeFlowControl, "stream flow-control window exceeded")
	}
	if c.server != nil {
		st.held += size
	}
	switch {
	case st.peerEnded:
		c.resetStream(st, http2.ErrCodeStreamClosed, newViolation(http2.ErrCodeStreamClosed, "DATA after END_STREAM"))
		return nil
	case !st.answered:
		c.resetStream(st, http2.ErrCodeProtocol, newViolation(http2.ErrCodeProtocol, "DATA before HEADERS"))
		return nil
	}
	c.handleBody(st, body, size, at)
	if f.flags.Has(flagEnd) {
		c.handleEnd(st)
	}
	return nil
}

// refuseFrame answers a frame on a stream that is over. At the client it may have crossed
// a reset.
func (c *Conn) refuseFrame(stream uint32) {
	if c.server != nil && stream < c.next && stream%2 == 1 {
		c.out = appendNumber(c.out, http2.FrameRSTStream, stream, uint32(http2.ErrCodeStreamClosed))
	}
}

// handleBody passes on received data; size is that of its frame.
func (c *Conn) handleBody(st *Stream, body []byte, size int, at int64) {
	st.bodySize += int64(len(body))
	switch {
	case st.collects:
		st.in = append(st.in, body...)
		c.returnCredit(st, size)
		if c.hold(st, len(st.in)); len(st.in) > maxBody {
			c.collected(st, framing.ErrTooLong)
		}
	case st.handler != nil:
		if !st.notified && st.decoder.Framing() != nil {
			c.deliver(st, body, at)
			c.hold(st, len(st.rest))
		}
		c.returnCreditOfEcho(st, size)
	default:
		c.returnCredit(st, size-len(body))
		st.in = append(st.in, body...)
		st.changed.Broadcast()
	}
}

// returnCredit lets the peer send n more bytes on st; the WINDOW_UPDATE may be delayed.
// The server returns the connection's credit with it, so that what streams hold is bounded.
func (c *Conn) returnCredit(st *Stream, n int) {
	if st.over {
		return
	}
	c.out = st.received.update(c.out, st.id, n)
	if c.server != nil {
		st.held -= n
		c.out = c.received.update(c.out, 0, n)
	}
}

// returnCreditOfEcho is returnCredit, but the server waits until all data on st is sent: a
// handler that answers would fill the memory if the client sent and did not receive.
func (c *Conn) returnCreditOfEcho(st *Stream, n int) {
	if st.unreturned += n; c.server == nil || len(st.pending) == 0 {
		c.returnCredit(st, st.unreturned)
		st.unreturned = 0
	}
}

// maxIncomplete bounds the incomplete messages and bodies of a client's streams in bytes.
const maxIncomplete = 64 << 20

// hold notes the bytes of an incomplete message or body, whose credit is returned. The
// server resets the stream that exceeds the bound.
func (c *Conn) hold(st *Stream, n int) {
	if c.server == nil || st.over {
		return
	}
	c.incomplete += n - st.incomplete
	if st.incomplete = n; c.incomplete > maxIncomplete {
		c.resetStream(st, http2.ErrCodeEnhanceYourCalm, newViolation(http2.ErrCodeEnhanceYourCalm, "too many incomplete messages"))
	}
}

// deliver passes received bytes to the handler of st, without c.mu.
func (c *Conn) deliver(st *Stream, b []byte, at int64) {
	st.delivering = true
	c.mu.Unlock()
	err := st.deliver(b, at)
	c.mu.Lock()
	st.delivering = false
	if err != nil && st.found == nil {
		st.found = err
	}
	switch {
	case st.over:
		c.notify(st)
	case err != nil && c.server != nil: // its handler answers
		c.notifyWith(st, err)
	case err != nil:
		c.leave(st, err)
	}
}
