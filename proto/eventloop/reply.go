package eventloop

// maxReplies is the number of unwritten bytes from which a driven Conn drops replies;
// otherwise a peer that pings and does not read would exhaust the memory. RFC 6455
// (section 5.5.3) allows answering only the latest ping. Replies to all data of one read
// fit.
const maxReplies = 256 << 10

// reply sends a reply of the framing unless the sending direction is closed.
func (c *Conn) reply(p []byte) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if c.ended != nil || c.Buffered() >= maxReplies {
		return nil
	}
	return c.writeEncoded(p)
}

// replyLast sends the final reply of the framing, unless the sending direction is closed,
// and closes it. It does not wait for a blocked Send, since Recv has an error to return.
// In a driven Conn no Send blocks with the lock held, so the reply precedes the close.
func (c *Conn) replyLast(p []byte) error {
	if c.driven.Load() != nil {
		c.writeMu.Lock()
		defer c.writeMu.Unlock()
		return c.writeLast(p)
	}
	if c.writeMu.TryLock() {
		defer c.writeMu.Unlock()
		return c.writeLast(p)
	}
	p = append([]byte(nil), p...)
	go func() {
		c.writeMu.Lock()
		defer c.writeMu.Unlock()
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
