// Package eventloop exchanges framed messages over sockets. A Conn blocks, one goroutine
// per connection, until it is driven by a Loop, which serves many connections from one
// goroutine with epoll. Only Linux has loops; elsewhere New fails and goroutines do the
// same work.
package eventloop

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/framing"
)

// Conn is the shell around a Framing: a proto.Conn on a connection of its own. It
// blocks, or a Loop drives it. Send and Recv cost no allocation once the buffers have
// grown to the size of the messages. Close may be called from any goroutine, at any
// time and more than once; it unblocks Send and Recv.
type Conn struct {
	// PauseReads has a driven Conn receive nothing while 32 KiB are still to be sent, as
	// one does whose goroutine waits in Send. It is for an end whose handler answers
	// what it receives, and set before Drive; if both ends had it, both could wait.
	PauseReads bool

	framing framing.Framing
	reader  *framing.Reader
	handler proto.Handler // of a driven Conn, else nil

	writing sync.Mutex // messages, and the replies that Recv owes the peer
	turning sync.Mutex // nc into a driven one
	nc      io.WriteCloser
	driven  *Socket                // nc, if a loop drives it
	loopFed atomic.Pointer[Socket] // driven, for Writable, which takes no lock
	poll    *writability           // for Writable, if no loop drives nc
	polled  bool                   // Writable was called: poll is set, if ever
	out     []byte
	ended   error // what Send returns once the end was said
	closed  atomic.Bool
}

// maxBuffered is how much of a driven Conn may wait to be written: then a Send from outside the
// loop waits.
const maxBuffered = 32 << 10

// NewConn returns a Conn that owns nc. rest is what has been read from nc beyond
// the handshake; it is copied.
func NewConn(nc net.Conn, f framing.Framing, rest []byte) *Conn {
	c := &Conn{nc: nc, framing: f}
	c.reader = framing.NewReader(newLender(nc), f, rest)
	c.reader.Reply, c.reader.Last = c.reply, c.replyLast
	return c
}

// Drive has l receive from now on: h takes, on l's goroutine, what Recv would have
// returned, and what h sends leaves together when all that has come is taken. There
// Send does not wait for the peer; elsewhere it does when 32 KiB are still
// to be written. It is called before Recv, not during it. The error is
// errors.ErrUnsupported, and nothing has changed, where the connection is not bare;
// with any other error it is of no more use.
func (c *Conn) Drive(l *Loop, h proto.Handler) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.turning.Lock()
	defer c.turning.Unlock()
	nc, ok := c.nc.(net.Conn)
	if !ok {
		return errors.ErrUnsupported
	}
	if c.closed.Load() {
		return net.ErrClosed
	}
	driven, err := l.Add(nc, (*connReceiver)(c))
	if err != nil {
		return err
	}
	driven.PauseReads = c.PauseReads
	c.driven, c.nc, c.handler = driven, driven, h
	c.loopFed.Store(driven)
	if !driven.Start(c.reader.Detach()) {
		return net.ErrClosed
	}
	return nil
}

// A connReceiver is a Conn as the Receiver of its socket.
type connReceiver Conn

// Receive implements Receiver.
func (c *connReceiver) Receive(in []byte, at int64) (used int, err error) {
	for {
		p, n, err := c.reader.Next(in[used:])
		used += n
		if p == nil || err != nil {
			return used, err
		}
		c.handler.Message(p, at)
	}
}

// AtEOF implements Receiver.
func (c *connReceiver) AtEOF(unused int) error { return c.framing.AtEOF(unused) }

// Ended implements Receiver.
func (c *connReceiver) Ended(err error) { c.handler.Ended(err) }

// What Send returns where it may send no more.
var (
	// ErrSendAfterEnd is returned after CloseSend.
	ErrSendAfterEnd = errors.New("send after the sending side was closed")
	// ErrPeerEnded is returned after the peer's end, where that ends both directions: Recv
	// says how it ended.
	ErrPeerEnded = errors.New("send after the peer has closed the connection")
)

// Send implements proto.Conn: one message, one write.
func (c *Conn) Send(p []byte) error {
	c.lock()
	defer c.writing.Unlock()
	if c.ended != nil {
		return c.ended
	}
	c.out = c.framing.Append(c.out[:0], p)
	_, err := c.nc.Write(c.out)
	return err
}

// lock takes the right to write. A driven Conn waits before, not with it: the loop
// may have to reply before there is room.
func (c *Conn) lock() {
	c.writing.Lock()
	if c.driven == nil {
		return
	}
	c.writing.Unlock()
	c.driven.waitBelow(maxBuffered)
	c.writing.Lock()
}

// SendEncoded sends a message that the same kind of Framing has appended to a
// buffer elsewhere, so that one encoding serves many connections.
func (c *Conn) SendEncoded(b []byte) error {
	c.lock()
	defer c.writing.Unlock()
	return c.writeEncoded(b)
}

func (c *Conn) writeEncoded(b []byte) error {
	if c.ended != nil {
		return c.ended
	}
	_, err := c.nc.Write(b)
	return err
}

// Offer is a SendEncoded that does not wait: where limit bytes or more are still to
// be written it returns false and sends nothing. Only a driven Conn can keep that
// word.
func (c *Conn) Offer(b []byte, limit int) (bool, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.driven != nil && c.driven.Buffered() >= limit {
		return false, nil
	}
	return true, c.writeEncoded(b)
}

// Buffered is how many bytes of what was sent are still to be written; only a driven
// Conn has any.
func (c *Conn) Buffered() int {
	c.turning.Lock() // a Send that waits has the other
	defer c.turning.Unlock()
	if c.driven == nil {
		return 0
	}
	return c.driven.Buffered()
}

// Room says whether a Send would not wait for the peer, as far as is known: of a Conn that
// no loop drives the kernel is asked, which on other systems than Linux is not possible. It
// is called by who sends.
func (c *Conn) Writable() bool {
	if driven := c.loopFed.Load(); driven != nil {
		return !driven.Full(maxBuffered)
	}
	if !c.polled {
		c.polled = true
		c.turning.Lock()
		if nc, ok := c.nc.(net.Conn); ok {
			c.poll = newWritability(nc)
		}
		c.turning.Unlock()
	}
	return c.poll.writable()
}

// Recv implements proto.Conn.
func (c *Conn) Recv() ([]byte, error) { return c.reader.Recv() }

// CloseSend says that no more messages follow; Recv goes on. It may be called
// more than once.
func (c *Conn) CloseSend() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.finish(c.framing.AppendEnd(nil))
}

// CloseWith is CloseSend with what says it: an end that the same kind of Framing has
// appended elsewhere, such as a close frame with a code of its own.
func (c *Conn) CloseWith(end []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.finish(end)
}

func (c *Conn) finish(end []byte) error {
	if c.ended != nil {
		return nil
	}
	c.ended = ErrSendAfterEnd
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

// Finish ends the exchange in order: it says that no more follows and waits, for
// at most wait, until the peer has closed too, so that nothing sent is lost to a
// reset. Then it closes. It must not be called while Recv runs, nor of a driven Conn.
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

// Close ends the connection now.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.turning.Lock()
	defer c.turning.Unlock()
	return c.nc.Close()
}

// CloseSent closes the connection when what was sent is written: now, or in a driven
// Conn perhaps later.
func (c *Conn) CloseSent() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.driven == nil {
		return c.Close()
	}
	c.driven.CloseSent()
	return nil
}
