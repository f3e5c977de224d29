package eventloop

// What a Conn says by itself: the replies that its framing owes the peer.

// maxReplies is how many bytes of a driven Conn may wait to be written before replies are
// left out: a peer that pings and does not read would fill the memory. RFC 6455, section
// 5.5.3, has only the latest ping answered where they are many. All that one read brings can
// be answered within it.
const maxReplies = 256 << 10

// reply sends the peer what the framing owes it, unless the end was said.
func (c *Conn) reply(p []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.ended != nil || c.driven != nil && c.driven.Buffered() >= maxReplies {
		return nil
	}
	return c.writeEncoded(p)
}

// replyLast sends the peer the last that the framing owes it, unless the end was said, and
// ends the sending side. It does not wait for a Send that does: Recv has something to
// return. In a driven Conn nobody waits with the right to write, so it comes before what
// closes the connection.
func (c *Conn) replyLast(p []byte) error {
	if c.loopFed.Load() != nil {
		c.writing.Lock()
		defer c.writing.Unlock()
		return c.writeLast(p)
	}
	if c.writing.TryLock() {
		defer c.writing.Unlock()
		return c.writeLast(p)
	}
	p = append([]byte(nil), p...)
	go func() {
		c.writing.Lock()
		defer c.writing.Unlock()
		_ = c.writeLast(p)
	}()
	return nil
}

func (c *Conn) writeLast(p []byte) error {
	if c.ended != nil {
		return nil
	}
	c.ended = ErrPeerEnded
	_, err := c.nc.Write(p)
	return err
}
