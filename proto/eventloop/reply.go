package eventloop

// maxReplies is the number of unwritten bytes from which a driven Conn drops replies;
// otherwise a peer that pings and does not read would exhaust the memory. RFC 6455
// (section 5.5.3) allows answering only the latest ping. Replies to all data of one read
// fit.
const maxReplies = 256 << 10

// A replier adapts a Conn to framing.Replier.
type replier Conn

// Reply implements framing.Replier, unless the sending direction is closed.
func (r *replier) Reply(p []byte) error {
	c := (*Conn)(r)
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if c.ended != goesOn || c.Buffered() >= maxReplies {
		return nil
	}
	return c.writeEncoded(p)
}

// ReplyLast implements framing.Replier, unless the sending direction is closed,
// and closes it. It does not wait for a blocked Send, since Recv has an error to return.
// In a driven Conn no Send blocks with the lock held, so the reply precedes the close.
func (r *replier) ReplyLast(p []byte) error {
	c := (*Conn)(r)
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
	if c.ended != goesOn {
		return nil
	}
	c.ended = endedByPeer
	_, err := c.nc.Write(p)
	return err
}
