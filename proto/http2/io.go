package http2

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
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

// readLoop receives until the connection ends or a loop takes over.
func (c *Conn) readLoop() {
	defer close(c.readDone)
	buf, kept := make([]byte, framing.MinBuffer), 0
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
// reads would exhaust the memory.
func (c *Conn) waitForWriter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.flushing && len(c.out) >= maxBuffered && c.err == nil {
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
	case errors.Is(err, io.EOF):
		c.fail(io.ErrUnexpectedEOF)
	default:
		c.fail(err)
	}
}

// drive replaces the receiving goroutine by l.
func (c *Conn) drive(l *eventloop.Loop) error {
	c.driveMu.Lock()
	defer c.driveMu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.driven != nil {
		return c.err
	}
	if !eventloop.Drivable(c.nc) {
		return errors.ErrUnsupported
	}
	c.handingOver = true
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
	c.mu.Unlock()
	<-c.readDone
	c.mu.Lock()
	for c.flushing && c.err == nil {
		c.changed.Wait()
	}
	if c.err != nil {
		return c.err
	}
	driven, err := l.Add(c.nc, (*receiver)(c))
	if err != nil {
		c.fail(err)
		return err
	}
	c.driven, c.loop = driven, l
	if !driven.Start(c.unused) {
		c.fail(net.ErrClosed)
	}
	c.unused = nil
	return c.err
}

// flush writes buffered data, with c.mu held. If another goroutine is writing, that one
// writes it.
func (c *Conn) flush() {
	switch {
	case c.flushing || c.receiving || len(c.out) == 0:
	case c.driven != nil: // its Write does not block
		_, err := c.driven.Write(c.out)
		c.out = c.out[:0]
		if err != nil {
			c.fail(err)
		}
	default:
		c.flushBlocking()
	}
}

func (c *Conn) flushBlocking() {
	c.flushing = true
	for len(c.out) > 0 && c.err == nil {
		b := c.out
		c.out = c.spare[:0]
		c.mu.Unlock()
		_, err := c.nc.Write(b)
		c.mu.Lock()
		c.spare = b[:0]
		c.setWriteDeadline(c.hasDeadline && len(c.out) > 0)
		if err != nil {
			c.fail(err)
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
