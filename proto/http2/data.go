package http2

import (
	"io"

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
		if c.returnCredit(st, size); len(st.in) > maxBody {
			c.collected(st, framing.ErrTooLong)
		}
	case st.handler != nil:
		if !st.notified && st.decoder.Framing() != nil {
			c.deliver(st, body, at)
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

// deliver passes received bytes to the handler of st, without c.mu.
func (c *Conn) deliver(st *Stream, b []byte, at int64) {
	st.delivering = true
	c.mu.Unlock()
	err := st.deliver(b, at)
	c.mu.Lock()
	st.delivering = false
	switch {
	case st.over:
		c.notify(st)
	case err != nil && c.server != nil: // its handler answers
		c.notifyWith(st, err)
	case err != nil:
		c.resetStream(st, http2.ErrCodeCancel, err)
	}
}

// handleEnd handles the end of what the peer sends on st.
func (c *Conn) handleEnd(st *Stream) {
	switch {
	case st.over:
	case c.server != nil:
		c.endRequest(st)
	default:
		c.endResponse(st)
	}
}

// endResponse ends a stream whose response is complete. Unsent data of the request is
// dropped.
func (c *Conn) endResponse(st *Stream) {
	if !st.endSent {
		c.out = appendNumber(c.out, http2.FrameRSTStream, st.id, uint32(http2.ErrCodeNo))
	}
	c.endStream(st, io.EOF)
	c.notify(st)
}

// handleReset handles RST_STREAM.
func (c *Conn) handleReset(f frame) error {
	if len(f.payload) != 4 {
		return newViolation(http2.ErrCodeFrameSize, "RST_STREAM payload is not 4 bytes")
	}
	st, err := c.findStream(f.stream)
	if st == nil {
		return err
	}
	err = c.countReset(st)
	c.endStream(st, &StreamReset{Code: http2.ErrCode(f.number()), byClient: c.server != nil})
	c.notify(st)
	return err
}

// resetStream ends a stream and tells the peer.
func (c *Conn) resetStream(st *Stream, code http2.ErrCode, err error) {
	if st.over {
		return
	}
	c.out = appendNumber(c.out, http2.FrameRSTStream, st.id, uint32(code))
	c.endStream(st, err)
	c.notifyLater(st)
}

// endStream marks a stream as over. One with a handler stays in c.streams until its
// handler is notified.
func (c *Conn) endStream(st *Stream, err error) {
	if st.over {
		return
	}
	st.over, st.err = true, err
	st.dropPending()
	c.open--
	if st.held > 0 && c.err == nil {
		c.out = c.received.update(c.out, 0, st.held)
		st.held = 0
	}
	c.changed.Broadcast()
	if c.driven != nil {
		c.driven.Wake()
	}
	if st.handler == nil || st.notified {
		delete(c.streams, st.id)
	}
	if c.server != nil {
		c.closeIdle()
	}
}

// notify calls the handler's Ended, once, after the end of st.
func (c *Conn) notify(st *Stream) {
	if st.handler == nil || st.notified {
		return
	}
	c.notifyWith(st, st.endError())
}

// notifyWith calls the handler's Ended.
func (c *Conn) notifyWith(st *Stream, err error) {
	st.notified = true
	if st.over {
		delete(c.streams, st.id)
	}
	c.mu.Unlock()
	st.handler.Ended(err)
	c.mu.Lock()
}

// notifyLater is notify for any goroutine. If the loop has ended, endDriven has notified
// the handler.
func (c *Conn) notifyLater(st *Stream) {
	if st.handler == nil || st.notified || st.delivering {
		return
	}
	notify := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.notify(st)
	}
	if c.loop != nil {
		c.loop.Post(notify)
	} else {
		c.background.Go(notify)
	}
}
