package wire

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is the blocking shell around a Framing: a proto.Conn on a connection of
// its own. Send and Recv cost no allocation once the buffers have grown to the
// size of the messages. Close may be called from any goroutine, at any time and
// more than once; it unblocks Send and Recv.
type Conn struct {
	nc      net.Conn
	framing Framing
	reader  *Reader

	writing sync.Mutex // messages, and the replies that Recv owes the peer
	out     []byte
	ended   bool
	closed  atomic.Bool
}

// NewConn returns a Conn that owns nc. rest is what has been read from nc beyond
// the handshake; it is copied.
func NewConn(nc net.Conn, f Framing, rest []byte) *Conn {
	c := &Conn{nc: nc, framing: f}
	c.reader = NewReader(nc, f, rest, c.reply)
	return c
}

// ErrSendAfterEnd is returned by Send after CloseSend.
var ErrSendAfterEnd = errors.New("send after the sending side was closed")

// Send implements proto.Conn: one message, one write.
func (c *Conn) Send(p []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.ended {
		return ErrSendAfterEnd
	}
	c.out = c.framing.Append(c.out[:0], p)
	_, err := c.nc.Write(c.out)
	return err
}

// SendEncoded sends a message that the same kind of Framing has appended to a
// buffer elsewhere, so that one encoding serves many connections.
func (c *Conn) SendEncoded(b []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.ended {
		return ErrSendAfterEnd
	}
	_, err := c.nc.Write(b)
	return err
}

// Recv implements proto.Conn.
func (c *Conn) Recv() ([]byte, error) { return c.reader.Recv() }

// CloseSend says that no more messages follow; Recv goes on. It may be called
// more than once.
func (c *Conn) CloseSend() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.ended {
		return nil
	}
	c.ended = true
	end := c.framing.AppendEnd(nil)
	if len(end) > 0 {
		_, err := c.nc.Write(end)
		return err
	}
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Finish ends the exchange in order: it says that no more follows and waits, for
// at most wait, until the peer has closed too, so that nothing sent is lost to a
// reset. Then it closes. It must not be called while Recv runs.
func (c *Conn) Finish(wait time.Duration) error {
	err := c.CloseSend()
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok && err == nil {
		err = half.CloseWrite()
	}
	if err == nil && c.nc.SetReadDeadline(time.Now().Add(wait)) == nil {
		_, _ = io.Copy(io.Discard, c.nc)
	}
	return errors.Join(err, c.Close())
}

// Close ends the connection now.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	return c.nc.Close()
}

// reply sends the peer what the framing owes it, unless the end was said.
func (c *Conn) reply(p []byte) error {
	if err := c.SendEncoded(p); !errors.Is(err, ErrSendAfterEnd) {
		return err
	}
	return nil
}
