// Package eventloop exchanges framed messages over sockets. A Conn blocks, one goroutine
// per connection, until it is driven by a Loop, which serves many connections from one
// goroutine with epoll. Only Linux has loops; elsewhere New fails and goroutines do the
// same work.
package eventloop

import (
	"io"
	"net"
	"sync"
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/framing"
)

// Conn exchanges framed messages over a connection of its own; it implements proto.Conn.
// It blocks until Drive hands it to a Loop, or Park prepares that. Send and Recv do not allocate once their
// buffers have grown to the message size. Close may be called more than once, from any
// goroutine and at any time; it unblocks Send and Recv.
type Conn struct {
	// PauseReads stops a driven Conn from receiving while 32 KiB are still to be written,
	// just as a goroutine that blocks in Send receives nothing. Set it before Drive, and
	// only at the end whose handler answers messages: if both ends paused, they could
	// wait for each other.
	PauseReads bool
	ended      end // of sending; guarded by writeMu
	closed     atomic.Bool

	decoder framing.Decoder
	handler proto.Handler // nil unless driven

	writeMu  sync.Mutex // guards writes: messages, and replies from Recv
	connMu   sync.Mutex // guards nc, and the change of blocking
	nc       io.WriteCloser
	driven   atomic.Pointer[Socket] // nc, once a loop drives it
	blocking *blocking              // nil if driven, or parked with nothing unused
}

// blocking is the state that only blocking Conns have. A parked or driven one is smaller without it.
type blocking struct {
	reader *framing.Reader // made by the first Recv
	rest   []byte          // read before there was a reader
	poll   *Writability    // made by the first Writable
	polled bool            // there was one
	out    []byte          // the message being sent
}

// maxBuffered is the number of unwritten bytes from which a Send outside the loop blocks.
const maxBuffered = 32 << 10

// NewConn returns a Conn that owns nc. rest holds bytes already read from nc after the
// handshake; it is copied.
func NewConn(nc net.Conn, f framing.Framing, rest []byte) *Conn {
	c := new(Conn)
	c.Init(nc, f, rest)
	return c
}

// Init is NewConn for the zero Conn in another object.
func (c *Conn) Init(nc net.Conn, f framing.Framing, rest []byte) {
	c.nc, c.decoder, c.blocking = nc, framing.NewDecoder(f), &blocking{rest: append([]byte(nil), rest...)}
	c.decoder.Replies = (*replier)(c)
}

// Send implements proto.Conn. It writes each message at once.
func (c *Conn) Send(p []byte) error {
	c.lock()
	defer c.writeMu.Unlock()
	if c.ended != goesOn {
		return c.ended.err()
	}
	f := c.decoder.Framing()
	if driven := c.driven.Load(); driven != nil {
		return driven.send(f, p)
	}
	var out []byte
	b := c.blocking
	if b != nil {
		out = b.out[:0]
	}
	out = f.Append(out, p)
	if b != nil {
		b.out = out
	}
	_, err := c.nc.Write(out)
	return err
}

// lock locks writeMu. A driven Conn waits before it locks: the loop may have to reply
// before the buffer can drain.
func (c *Conn) lock() {
	if driven := c.driven.Load(); driven != nil {
		driven.waitBelow()
	}
	c.writeMu.Lock()
}

// SendEncoded sends a message that the same kind of Framing has already encoded, so that
// one encoding serves many connections.
func (c *Conn) SendEncoded(b []byte) error {
	c.lock()
	defer c.writeMu.Unlock()
	return c.writeEncoded(b)
}

func (c *Conn) writeEncoded(b []byte) error {
	if c.ended != goesOn {
		return c.ended.err()
	}
	_, err := c.nc.Write(b)
	return err
}

// Offer is a SendEncoded that never blocks. It returns false and sends nothing if limit
// bytes or more are still to be written. Only a driven Conn can promise that.
func (c *Conn) Offer(b []byte, limit int) (bool, error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	if c.Buffered() >= limit {
		return false, nil
	}
	return true, c.writeEncoded(b)
}

// Buffered returns the number of bytes still to be written. It is 0 unless the Conn is
// driven.
func (c *Conn) Buffered() int {
	if driven := c.driven.Load(); driven != nil {
		return driven.Buffered()
	}
	return 0
}

// Writable reports whether Send would not block, as far as that is known. If no loop
// drives the Conn, it asks the kernel, which only works on Linux. Only the sending
// goroutine may call it.
func (c *Conn) Writable() bool {
	if driven := c.driven.Load(); driven != nil {
		return !driven.full.Load()
	}
	c.connMu.Lock()
	defer c.connMu.Unlock()
	nc, ok := c.nc.(net.Conn)
	if !ok { // parked
		return true
	}
	b := c.blocking
	if !b.polled {
		b.polled, b.poll = true, NewWritability(nc)
	}
	return b.poll.Writable()
}

// Recv implements proto.Conn.
func (c *Conn) Recv() ([]byte, error) {
	if c.blocking == nil || c.blocking.reader == nil {
		if err := c.unpark(); err != nil {
			return nil, err
		}
		c.newReader()
	}
	return c.blocking.reader.Recv()
}

// newReader makes the reader of what the connection brings. A Conn that is only driven needs none.
func (c *Conn) newReader() {
	c.connMu.Lock()
	defer c.connMu.Unlock()
	nc, _ := c.nc.(net.Conn)
	b := c.blocking
	b.reader = framing.NewReader(newLender(nc), c.decoder.Framing(), b.rest)
	b.reader.Decoder, b.rest = c.decoder, nil
}
