package eventloop

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/clock"
)

// A Socket is a connection of a Loop. Write, CloseWrite and Close may be called from any
// goroutine. Data that the receiver writes leaves in one system call after the receiver
// returns.
type Socket struct {
	// PauseAt pauses reading while that many bytes are still to be written; 0 means never.
	// It is set before Start.
	PauseAt int

	loop     *Loop
	receiver Receiver
	traffic  *Traffic
	unused   []byte // received and not used yet; owned by the loop
	fd, slot int32

	mu        sync.Mutex
	out       []byte     // to be written
	drained   *sync.Cond // wakes blocked writers; nil before the first
	err       error      // of a read or write
	events    uint32     // watched by epoll
	corked    bool       // deliver will flush
	readEnd   bool       // nothing more will be read
	halfClose bool       // half-close once all is written
	closeSent bool       // close once all is written
	closed    bool       // Close was called
	ended     bool       // the receiver knows the end; owned by the loop
	// full reports that maxBuffered bytes or more are to be written and may yet be. It is read without mu.
	full atomic.Bool
}

// The following methods run on the loop's goroutine.

func (c *Socket) handle(events uint32) {
	if events&unix.EPOLLOUT != 0 {
		c.mu.Lock()
		c.flush()
		c.mu.Unlock()
	}
	const ending = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	if events&(unix.EPOLLIN|ending) != 0 && !c.ended && c.read(events&ending != 0) {
		c.mu.Lock()
		c.setEvents(c.events) // epoll is edge-triggered: it reports the rest only if asked again
		c.mu.Unlock()
	}
}

// read reads once, so that a busy connection does not delay the others. It reports whether there may be
// more: the buffer was filled, or the connection is ending.
func (c *Socket) read(ending bool) (more bool) {
	l := c.loop
	buf, kept := l.in, len(c.unused)
	if kept > maxCopied {
		if cap(c.unused)-kept < loopBuffer/2 {
			c.unused = append(make([]byte, 0, 2*cap(c.unused)+loopBuffer), c.unused...)
		}
		buf = c.unused[:cap(c.unused)]
	} else {
		copy(buf, c.unused)
	}
	n, errno := c.recv(buf[kept:])
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
	case errno != 0:
		c.end(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", errno)})
	case n == 0:
		c.end(c.receiver.AtEOF(kept))
	default:
		l.at = clock.Now()
		c.traffic.countRead(n)
		c.deliver(buf[:kept+n])
		return ending || kept+n == len(buf)
	}
	return errno == unix.EINTR
}

// recv reads without blocking.
func (c *Socket) recv(p []byte) (int, unix.Errno) {
	if c.traffic.timed() {
		return c.loop.receipt.read(uintptr(c.fd), p, c.traffic.receipts)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// deliver passes in to the receiver and keeps the unused part.
func (c *Socket) deliver(in []byte) {
	if c.ended {
		return
	}
	c.mu.Lock()
	c.corked = true
	pending := c.out
	if len(pending) == 0 {
		c.out = c.loop.out[:0]
	}
	c.mu.Unlock()
	used, err := c.receiver.Receive(in, c.loop.at)
	c.keepUnused(in[used:])
	c.mu.Lock()
	c.corked = false
	c.flush()
	if len(pending) == 0 { // c.out is the loop's buffer: move the unwritten rest
		c.loop.out = c.out[:0]
		c.out = append([]byte(nil), c.out...)
	}
	c.mu.Unlock()
	if err != nil { // only after the reply that explains it
		c.end(err)
	}
}

func (c *Socket) keepUnused(rest []byte) {
	switch {
	case len(rest) == 0:
		if cap(c.unused) > 1<<10 {
			c.unused = nil
		}
		c.unused = c.unused[:0]
	case len(rest) <= cap(c.unused):
		c.unused = c.unused[:copy(c.unused[:len(rest)], rest)]
	default:
		c.unused = append([]byte(nil), rest...)
	}
}

// end reports the end to the receiver, once. Buffered data is still written.
func (c *Socket) end(err error) {
	if c.ended {
		return
	}
	c.ended = true
	c.unused = nil
	c.mu.Lock()
	c.readEnd = true
	if err != nil && !errors.Is(err, io.EOF) && c.err == nil {
		c.err = err
	}
	c.updateEvents()
	c.mu.Unlock()
	c.receiver.Ended(err)
}

// release closes the descriptor and frees the slot.
func (c *Socket) release() {
	c.mu.Lock()
	fd := c.fd
	c.fd, c.closed, c.out = -1, true, nil
	c.noteFull()
	c.mu.Unlock()
	if fd < 0 {
		return
	}
	_ = unix.Close(int(fd))
	if c.slot >= 0 {
		c.loop.slots[c.slot] = nil
		c.loop.free = append(c.loop.free, c.slot)
	}
}
