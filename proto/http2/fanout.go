package http2

import "rtbench/proto/eventloop"

// maxUnflushed is the number of bytes from which Offer writes at once.
const maxUnflushed = 64 << 10

// SendEncoded is Send for a message that the stream's framing has already encoded, so that
// one encoding serves many streams.
func (st *Stream) SendEncoded(b []byte) error { return st.send(nil, b) }

// Offer is a SendEncoded that never blocks, for the goroutine of the loop that drives the
// connection. It returns false and sends nothing if limit bytes or more are still to be
// sent, or that many for each stream of the connection. Messages offered to its streams
// together leave in one write.
func (st *Stream) Offer(b []byte, limit int) (bool, error) {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := st.sendError(); err != nil {
		return false, err
	}
	if len(st.pending)-st.sent >= limit || c.driven.Buffered() >= limit*c.open {
		return false, nil
	}
	st.append(nil, b)
	switch {
	case len(c.out) >= maxUnflushed:
		c.flush()
	case !c.flushPosted:
		c.flushPosted = c.loop.Post(c.flushOnLoop)
	}
	return true, nil
}

// Buffered returns the number of bytes of st still to be sent, and those of its connection
// if a loop drives it.
func (st *Stream) Buffered() int {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(st.pending) - st.sent
	if c.driven != nil {
		n += c.driven.Buffered()
	}
	return n
}

// DrivenBy returns the loop that drives the connection, or nil.
func (st *Stream) DrivenBy() *eventloop.Loop {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loop
}
