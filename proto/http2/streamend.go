package http2

import (
	"io"

	"golang.org/x/net/http2"
)

// The following methods need c.mu.

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
	var reason error = &StreamReset{Code: http2.ErrCode(f.number()), byClient: c.server != nil}
	if st.expired() && http2.ErrCode(f.number()) == http2.ErrCodeCancel { // the server noticed first
		reason = ErrDeadline
	}
	c.endStream(st, reason)
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
	c.incomplete -= st.incomplete
	st.incomplete = 0
	if st.held > 0 && c.err == nil {
		c.out = c.received.update(c.out, 0, st.held)
		st.held = 0
	}
	if st.cancel != nil {
		st.cancel()
	}
	if st.timer != nil {
		st.timer.Stop()
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
