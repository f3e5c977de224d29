package eventloop

import (
	"net"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/framing"
)

// The following methods may be called from any goroutine.

// waitBelow blocks until fewer than maxBuffered bytes are still to be written. It never blocks
// while the receiver runs.
func (c *Socket) waitBelow() {
	if !c.full.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.full.Load() && !c.corked {
		c.awaitDrained()
	}
}

// WaitBelow blocks until fewer than limit bytes are still to be written or until Wake,
// whichever is first. It unlocks mu while it blocks; callers of Wake must hold mu.
func (c *Socket) WaitBelow(limit int, mu *sync.Mutex) {
	c.mu.Lock()
	mu.Unlock()
	if len(c.out) >= limit && c.failed() == nil {
		c.awaitDrained()
	}
	c.mu.Unlock()
	mu.Lock()
}

// awaitDrained waits for wakeWriters. c.mu must be held.
func (c *Socket) awaitDrained() {
	if c.drained == nil {
		c.drained = sync.NewCond(&c.mu)
	}
	c.drained.Wait()
}

// wakeWriters wakes those that awaitDrained. c.mu must be held.
func (c *Socket) wakeWriters() {
	if c.drained != nil {
		c.drained.Broadcast()
	}
}

// Wake ends every WaitBelow.
func (c *Socket) Wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakeWriters()
}

// Buffered returns the number of bytes still to be written.
func (c *Socket) Buffered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out)
}

// Full reports whether limit bytes or more are still to be written and may yet be.
func (c *Socket) Full(limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out) >= limit && c.failed() == nil
}

// send writes message p in a framing. It never blocks: it buffers the bytes that the socket does not accept.
func (c *Socket) send(f framing.Framing, p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.failed(); err != nil {
		return err
	}
	if c.corked || len(c.out) > 0 {
		c.out = f.Append(c.out, p)
		c.noteFull()
		return nil
	}
	e := &c.loop.encoder
	e.mu.Lock()
	defer e.mu.Unlock()
	e.buf = f.Append(e.buf[:0], p)
	return c.writeNow(e.buf)
}

// An encoder is a buffer for messages that are written at once, which a loop's connections share: that of an idle
// one would only take memory.
type encoder struct {
	mu  sync.Mutex
	buf []byte
}

// Write implements io.Writer. It never blocks: it buffers the data that the socket does
// not accept.
func (c *Socket) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.failed(); err != nil {
		return 0, err
	}
	if c.corked || len(c.out) > 0 {
		c.out = append(c.out, p...)
		c.noteFull()
		return len(p), nil
	}
	return len(p), c.writeNow(p)
}

// writeNow writes p, before which nothing is to be written, and buffers the rest. c.mu must be held.
func (c *Socket) writeNow(p []byte) error {
	n, err := c.write(p)
	if err == nil && n < len(p) {
		c.out = append(c.out, p[n:]...)
		c.updateEvents()
	}
	return err
}

func (c *Socket) failed() error {
	if c.closed {
		return net.ErrClosed
	}
	return c.err
}

// write writes as much as the socket accepts.
func (c *Socket) write(p []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(c.fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			c.traffic.Written.Add(uint64(n))
			return int(n), nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			c.err = &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", errno)}
			return 0, c.err
		}
	}
}

// CloseWrite closes the sending direction once all data is written.
func (c *Socket) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.halfClose = true
	if len(c.out) == 0 && !c.corked && c.failed() == nil {
		_ = unix.Shutdown(int(c.fd), unix.SHUT_WR)
	}
	return nil
}

// Close closes the connection immediately.
func (c *Socket) Close() error {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	c.noteFull()
	c.mu.Unlock()
	switch {
	case !first:
	case c.loop == nil:
		c.release()
	default:
		c.loop.Post(func() {
			c.end(net.ErrClosed)
			c.release()
		})
	}
	return nil
}

// CloseSent closes the connection once all data is written.
func (c *Socket) CloseSent() {
	c.mu.Lock()
	c.closeSent = true
	now := len(c.out) == 0 && !c.corked
	c.mu.Unlock()
	if now {
		_ = c.Close()
	}
}

// flush writes buffered data and updates the epoll events.
func (c *Socket) flush() {
	if len(c.out) > 0 && c.failed() == nil {
		n, _ := c.write(c.out)
		c.out = c.out[:copy(c.out, c.out[n:])]
	}
	if c.failed() != nil {
		c.out = c.out[:0]
	}
	if len(c.out) == 0 {
		switch {
		case c.closeSent && !c.closed:
			c.closed = true
			c.loop.Post(func() {
				c.end(net.ErrClosed)
				c.release()
			})
		case c.halfClose && c.failed() == nil:
			_ = unix.Shutdown(int(c.fd), unix.SHUT_WR)
		}
	}
	c.updateEvents()
}

func (c *Socket) wantedEvents() uint32 {
	e := uint32(unix.EPOLLET)
	if len(c.out) > 0 {
		e |= unix.EPOLLOUT
	}
	if !c.readEnd && (c.PauseAt == 0 || len(c.out) < c.PauseAt) {
		e |= unix.EPOLLIN | unix.EPOLLRDHUP
	}
	return e
}

// noteFull updates c.full, and wakes those that wait for its end. c.mu must be held.
func (c *Socket) noteFull() {
	if full := len(c.out) >= maxBuffered && c.failed() == nil; full != c.full.Load() {
		c.full.Store(full)
		c.wakeWriters()
	}
}

// updateEvents updates c.full and the events that epoll watches. c.mu must be held.
func (c *Socket) updateEvents() {
	c.noteFull()
	if e := c.wantedEvents(); e != c.events && c.slot >= 0 {
		c.setEvents(e)
	}
}

// setEvents sets the events that epoll watches, and has it report those that are there. c.mu must be held.
func (c *Socket) setEvents(e uint32) {
	if c.fd < 0 {
		return
	}
	c.events = e
	_ = unix.EpollCtl(c.loop.epoll, unix.EPOLL_CTL_MOD, int(c.fd), &unix.EpollEvent{Events: e, Fd: c.slot})
}
