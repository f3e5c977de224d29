package http2

import "rtbench/proto/eventloop"

// waitToSend blocks until earlier messages are written or about to be. It does not block
// while the loop handles frames, since a handler may be sending, nor before the first
// message, which may be sent on the loop's goroutine.
func (st *Stream) waitToSend() {
	if !st.prompt {
		st.wait(false)
	}
}

func (st *Stream) wait(whileReceiving bool) {
	c := st.conn
	for st.sentAny && !st.over && (whileReceiving || !c.receiving) {
		switch {
		case len(st.pending) > 0:
			st.changed.Wait()
		case c.driven != nil && c.driven.Buffered() >= maxBuffered:
			c.driven.WaitBelow(maxBuffered, &c.mu)
		case len(c.out) >= maxBuffered:
			c.changed.Wait()
		default:
			return
		}
	}
}

// Writable reports whether Send would not block.
func (st *Stream) Writable() bool {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !st.sentAny || st.over:
		return true
	case c.driven != nil:
		return len(st.pending) == 0 && !c.driven.Full(maxBuffered)
	case len(st.pending) > 0 || len(c.out) >= maxBuffered:
		return false
	}
	return c.server != nil || c.flushing || c.acceptsWrite()
}

// acceptsWrite reports whether the socket accepts data, so that a flush would not block.
func (c *Conn) acceptsWrite() bool {
	if !c.polled {
		c.polled, c.poll = true, eventloop.NewWritability(c.nc)
	}
	return c.poll.Writable()
}

// NeverBlock makes Send not block, at the server's end. The caller bounds what is buffered
// with Writable and WaitWritable.
func (st *Stream) NeverBlock() { st.prompt = true }

// WaitWritable blocks until Writable.
func (st *Stream) WaitWritable() {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	st.wait(true)
}

func (st *Stream) waitForWindows() error {
	c := st.conn
	waited := false
	for len(st.pending) > 0 && !st.over && c.server != nil && !st.driven && !st.prompt && !c.receiving {
		waited = true
		st.changed.Wait()
	}
	if c.err != nil || waited && st.over {
		return st.sendError()
	}
	return nil
}
