package http2

import "golang.org/x/net/http2"

// Ping sends a PING, whose answer calls the function of OnPong.
func (c *Conn) Ping() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	var payload [8]byte
	c.out = appendFrame(c.out, http2.FramePing, 0, 0, payload[:])
	c.flush()
	return nil
}

// OnPong sets the function that is called for the answer to each Ping. It must not use the connection.
func (c *Conn) OnPong(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pong = f
}

// Activity returns a number that grows whenever frames other than PING are received, and the number of open streams.
func (c *Conn) Activity() (frames uint64, streams int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames, c.open
}

// End ends the connection and its streams with an error.
func (c *Conn) End(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail(err)
}

// handlePing answers a PING, or passes on the answer to one.
func (c *Conn) handlePing(f frame) error {
	switch {
	case len(f.payload) != 8:
		return newViolation(http2.ErrCodeFrameSize, "PING payload is not 8 bytes")
	case !f.flags.Has(flagAck):
		c.reply(http2.FramePing, f.payload)
	case c.pong != nil:
		c.pong()
	}
	return nil
}
