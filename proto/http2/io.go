package http2

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/net/http2"

	"rtbench/proto/clock"
	"rtbench/proto/framing"
)

const (
	// maxReadBuffer bounds the buffer of the receiving goroutine.
	maxReadBuffer = 64 << 10
	// maxBuffered is the number of unwritten bytes from which Send blocks.
	maxBuffered = 256 << 10
	// closeTimeout bounds a write that delays the closing of a stream.
	closeTimeout = time.Second
)

// readLoop receives until the connection ends or a loop takes over. It begins with bytes
// that were read before.
func (c *Conn) readLoop(read []byte) {
	buf := make([]byte, max(framing.MinBuffer, len(read)))
	kept := copy(buf, read)
	for {
		n, err := c.nc.Read(buf[kept:])
		kept += n
		full := kept == len(buf)
		used, _ := c.receive(buf[:kept], clock.Now())
		kept = copy(buf, buf[used:kept])
		c.waitForWriter()
		if err != nil {
			c.stopReading(buf[:kept], err)
			return
		}
		if full && len(buf) < maxReadBuffer {
			buf = append(buf, make([]byte, len(buf))...)
		}
	}
}

// waitForWriter stops reading while replies pile up: a peer that sends requests and never
// reads would exhaust the memory. The server waits for data too. The client does not, or
// both could wait for each other.
func (c *Conn) waitForWriter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.flushing && c.err == nil && (c.replies >= maxBuffered || c.server != nil && len(c.out) >= maxBuffered) {
		c.changed.Wait()
	}
}

// stopReading hands rest to a loop, or ends the connection.
func (c *Conn) stopReading(rest []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.handingOver && errors.Is(err, os.ErrDeadlineExceeded):
		c.unused = rest
	case errors.Is(err, io.EOF) && !c.settingsRead && !maybeSettings(rest): // a TLS alert is shorter than a frame
		c.fail(newViolation(http2.ErrCodeProtocol, notHTTP2))
	case errors.Is(err, io.EOF):
		c.fail(io.ErrUnexpectedEOF)
	default:
		c.fail(err)
	}
}

// flush writes buffered data, with c.mu held. If another goroutine is writing or handles
// frames, that one writes it.
func (c *Conn) flush() {
	if !c.flushing && !c.receiving && len(c.out) > 0 {
		c.flushing = true
		c.write()
	}
}

// flushReceived is flush for the receiving goroutine. The client must not stop reading to
// write, since the server stops reading while the client does not read.
func (c *Conn) flushReceived() {
	switch {
	case c.flushing || len(c.out) == 0:
	case c.driven != nil: // in one write, with all that follows
		_, err := c.driven.Write(c.out)
		c.out, c.replies = c.out[:0], 0
		if err != nil {
			c.failWrite(err)
		}
	case c.server != nil:
		c.flush()
	default:
		c.flushing = true
		c.background.Go(c.writeLater)
	}
}

func (c *Conn) writeLater() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write()
}

// flushPending is flush for Loop.Post.
func (c *Conn) flushPending() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flushPosted = false
	c.flush()
}

// write writes until nothing is left, without c.mu.
func (c *Conn) write() {
	for len(c.out) > 0 && c.err == nil {
		b := c.out
		c.out, c.replies = c.spare[:0], 0
		var to io.Writer = c.nc
		if c.driven != nil {
			to = c.driven // does not block
		}
		c.mu.Unlock()
		_, err := to.Write(b)
		c.mu.Lock()
		c.spare = b[:0]
		c.setWriteDeadline(c.hasDeadline && len(c.out) > 0)
		if err != nil {
			c.failWrite(err)
		}
		c.changed.Broadcast()
	}
	c.flushing = false
	c.changed.Broadcast()
}

// flushWithDeadline is flush for data that must not wait: the connection is closed if it
// accepts nothing for closeTimeout.
func (c *Conn) flushWithDeadline() {
	if c.driven == nil && len(c.out) > 0 {
		c.setWriteDeadline(true)
	}
	c.flush()
}

// setWriteDeadline sets or clears the deadline of the current and the next write.
func (c *Conn) setWriteDeadline(yes bool) {
	switch {
	case yes:
		_ = c.nc.SetWriteDeadline(time.Now().Add(closeTimeout))
	case c.hasDeadline:
		_ = c.nc.SetWriteDeadline(time.Time{})
	}
	c.hasDeadline = yes
}
