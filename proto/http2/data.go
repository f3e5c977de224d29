package http2

import (
	"io"

	"golang.org/x/net/http2"
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
	c.out = c.received.update(c.out, 0, size)
	body, err := f.body()
	if err != nil {
		return err
	}
	st, err := c.findStream(f.stream)
	if st == nil {
		return err
	}
	if !st.received.take(size) {
		return newViolation(http2.ErrCodeFlowControl, "stream flow-control window exceeded")
	}
	end := f.flags.Has(flagEnd)
	switch {
	case !st.answered:
		c.resetStream(st, http2.ErrCodeProtocol, newViolation(http2.ErrCodeProtocol, "DATA before HEADERS"))
		return nil
	case st.handler != nil:
		c.returnCredit(st, size)
		c.deliver(st, body, at)
	default:
		c.returnCredit(st, size-len(body))
		st.in = append(st.in, body...)
		st.changed.Broadcast()
	}
	if end {
		c.handleEnd(st)
	}
	return nil
}

// returnCredit lets the peer send n more bytes on st; the WINDOW_UPDATE may be delayed.
func (c *Conn) returnCredit(st *Stream, n int) {
	c.out = st.received.update(c.out, st.id, n)
}

// deliver passes received bytes to the handler of st, without c.mu.
func (c *Conn) deliver(st *Stream, b []byte, at int64) {
	c.mu.Unlock()
	err := st.deliver(b, at)
	c.mu.Lock()
	if err != nil {
		c.resetStream(st, http2.ErrCodeCancel, err)
	}
}

// handleEnd ends a stream whose response is complete. Unsent data of the request is
// dropped.
func (c *Conn) handleEnd(st *Stream) {
	if st.over {
		return
	}
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
	c.endStream(st, &StreamReset{http2.ErrCode(f.number())})
	c.notify(st)
	return nil
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

// endStream marks a stream as over. A driven one stays in c.streams until its handler is
// notified.
func (c *Conn) endStream(st *Stream, err error) {
	if st.over {
		return
	}
	st.over, st.err = true, err
	st.dropPending()
	c.open--
	c.changed.Broadcast()
	if c.driven != nil {
		c.driven.Wake()
	}
	if st.handler == nil {
		delete(c.streams, st.id)
	}
}

// notify calls the handler's Ended, once.
func (c *Conn) notify(st *Stream) {
	if st.handler == nil || st.notified {
		return
	}
	st.notified = true
	delete(c.streams, st.id)
	err := st.endError()
	c.mu.Unlock()
	st.handler.Ended(err)
	c.mu.Lock()
}

// notifyLater is notify for any goroutine. If the loop has ended, ended has notified the
// handler.
func (c *Conn) notifyLater(st *Stream) {
	if st.handler != nil {
		c.loop.Post(func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.notify(st)
		})
	}
}
