package eventloop

import (
	"errors"
	"io"
	"net"
	"time"
)

// Errors of Send.
var (
	// ErrSendAfterEnd is returned after CloseSend.
	ErrSendAfterEnd = errors.New("send after the sending direction was closed")
	// ErrPeerEnded is returned if the peer's end closes both directions. Recv reports how
	// the peer ended.
	ErrPeerEnded = errors.New("send after the peer has closed the connection")
)

// end is the end of sending.
type end uint8

const (
	goesOn end = iota
	endedHere
	endedByPeer
)

// err returns what Send returns after the end.
func (e end) err() error {
	if e == endedByPeer {
		return ErrPeerEnded
	}
	return ErrSendAfterEnd
}

// CloseSend ends the sending direction; Recv continues. It may be called more than once.
func (c *Conn) CloseSend() error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.finish(c.decoder.Framing().AppendEnd(nil))
}

// CloseWith is CloseSend with an end encoded by the same kind of Framing, such as a close
// frame with another code.
func (c *Conn) CloseWith(end []byte) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.finish(end)
}

func (c *Conn) finish(end []byte) error {
	if c.ended != goesOn {
		return nil
	}
	c.ended = endedHere
	if len(end) > 0 {
		_, err := c.nc.Write(end)
		return err
	}
	return c.closeWrite()
}

func (c *Conn) closeWrite() error {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Finish ends the exchange cleanly: it closes the sending direction, waits up to wait for
// the peer to close too, so that a reset destroys no data in flight, and closes the
// connection. It must not be called during Recv or on a driven Conn.
func (c *Conn) Finish(wait time.Duration) error {
	err := c.CloseSend()
	if err == nil {
		err = c.closeWrite()
	}
	if nc, ok := c.nc.(net.Conn); ok && err == nil && nc.SetReadDeadline(time.Now().Add(wait)) == nil {
		_, _ = io.Copy(io.Discard, nc)
	}
	return errors.Join(err, c.Close())
}

// Close closes the connection immediately.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.connMu.Lock()
	defer c.connMu.Unlock()
	return c.nc.Close()
}

// CloseSent closes the connection once all data is written: at once, or later if the Conn
// is driven.
func (c *Conn) CloseSent() error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	driven := c.driven.Load()
	if driven == nil {
		return c.Close()
	}
	driven.CloseSent()
	return nil
}
