package eventloop

import (
	"net"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The sending half of a Socket: any goroutine, but where the loop's is named.

// waitBelow waits until less than most is still to be written; not while the loop
// takes what came on c, so that what the source sends then never waits.
func (c *Socket) waitBelow(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.out) >= limit && !c.corked && c.failed() == nil {
		if c.room == nil {
			c.room = sync.NewCond(&c.mu)
		}
		c.room.Wait()
	}
}

// WaitBelow waits once, until fewer than limit bytes are still to be written or until
// Wake. Meanwhile it unlocks mu, which the caller of Wake must hold.
func (c *Socket) WaitBelow(limit int, mu *sync.Mutex) {
	c.mu.Lock()
	mu.Unlock()
	if len(c.out) >= limit && c.failed() == nil {
		if c.room == nil {
			c.room = sync.NewCond(&c.mu)
		}
		c.room.Wait()
	}
	c.mu.Unlock()
	mu.Lock()
}

// Wake ends every WaitBelow.
func (c *Socket) Wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.room != nil {
		c.room.Broadcast()
	}
}

// Buffered is how many bytes are still to be written.
func (c *Socket) Buffered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out)
}

// Full says whether limit bytes or more are still to be written, and may yet be.
func (c *Socket) Full(limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.out) >= limit && c.failed() == nil
}

// Write implements io.Writer. It never waits: what the connection does not take is
// kept.
func (c *Socket) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.failed(); err != nil {
		return 0, err
	}
	if c.corked || len(c.out) > 0 {
		c.out = append(c.out, p...)
		return len(p), nil
	}
	n, err := c.write(p)
	if err == nil && n < len(p) {
		c.out = append(c.out, p[n:]...)
		c.watch()
	}
	return len(p), err
}

func (c *Socket) failed() error {
	if c.closed {
		return net.ErrClosed
	}
	return c.broken
}

// write writes what the connection takes at once.
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
			c.broken = &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", errno)}
			return 0, c.broken
		}
	}
}

// CloseWrite half-closes the connection when all is written.
func (c *Socket) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fin = true
	if len(c.out) == 0 && !c.corked && c.failed() == nil {
		_ = unix.Shutdown(c.fd, unix.SHUT_WR)
	}
	return nil
}

// Close ends the connection now.
func (c *Socket) Close() error {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	if c.room != nil {
		c.room.Broadcast()
	}
	c.mu.Unlock()
	if first {
		c.loop.Post(func() {
			c.end(net.ErrClosed)
			c.release()
		})
	}
	return nil
}

// CloseSent closes the connection when all is written.
func (c *Socket) CloseSent() {
	c.mu.Lock()
	c.finish = true
	now := len(c.out) == 0 && !c.corked
	c.mu.Unlock()
	if now {
		_ = c.Close()
	}
}

// flush writes what waits, and has epoll watch for what is wanted then.
func (c *Socket) flush() {
	if len(c.out) > 0 && c.failed() == nil {
		n, _ := c.write(c.out)
		c.out = c.out[:copy(c.out, c.out[n:])]
		if c.room != nil && len(c.out) < maxBuffered {
			c.room.Broadcast()
		}
	}
	if c.failed() != nil {
		c.out = c.out[:0]
	}
	if len(c.out) == 0 {
		switch {
		case c.finish && !c.closed:
			c.closed = true
			c.loop.Post(func() {
				c.end(net.ErrClosed)
				c.release()
			})
		case c.fin && c.failed() == nil:
			_ = unix.Shutdown(c.fd, unix.SHUT_WR)
		}
	}
	c.watch()
}

func (c *Socket) wanted() uint32 {
	var e uint32
	if len(c.out) > 0 {
		e |= unix.EPOLLOUT
	}
	if !c.readEnd && (len(c.out) < maxBuffered || !c.PauseReads) {
		e |= unix.EPOLLIN
	}
	return e
}

// watch tells epoll what is wanted. c.mu is held; any goroutine.
func (c *Socket) watch() {
	e := c.wanted()
	if e == c.events || c.slot < 0 || c.fd < 0 || c.deaf {
		return
	}
	c.events = e
	_ = unix.EpollCtl(c.loop.epoll, unix.EPOLL_CTL_MOD, c.fd, &unix.EpollEvent{Events: e, Fd: c.slot})
}
