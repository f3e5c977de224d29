package eventloop

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/clock"
)

// A Socket is a connection of a Loop. Write, CloseWrite and Close may be called
// from any goroutine. What is written while the loop takes what came on it goes out
// together, when all of that has been taken.
type Socket struct {
	// PauseReads pauses reading while 32 KiB are still to be written. It is set before
	// Start.
	PauseReads bool

	loop     *Loop
	receiver Receiver
	traffic  *Traffic
	fd       int
	slot     int32
	rest     []byte // received and not used; the loop's own
	over     bool   // source was told that it is; the loop's own

	mu      sync.Mutex
	out     []byte     // not written yet
	room    *sync.Cond // where a Write waits for room; nil until one does
	events  uint32     // that epoll watches for
	corked  bool       // the loop will flush
	deaf    bool       // epoll watches no more
	readEnd bool       // nothing more is read
	fin     bool       // half-close when all is written
	finish  bool       // close when all is written
	closed  bool       // by Close
	broken  error      // of a write
}

// What follows runs on the loop's goroutine.

func (c *Socket) handle(events uint32) {
	if events&unix.EPOLLOUT != 0 {
		c.mu.Lock()
		c.flush()
		c.mu.Unlock()
	}
	switch {
	case events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) == 0:
	case !c.over:
		c.read()
	default: // said again and again, of a connection that only waits to be closed
		c.mu.Lock()
		c.deaf = true
		_ = unix.EpollCtl(c.loop.epoll, unix.EPOLL_CTL_DEL, c.fd, nil)
		c.mu.Unlock()
	}
}

func (c *Socket) read() {
	l := c.loop
	buf, kept := l.in, len(c.rest)
	if kept > smallRest {
		if cap(c.rest)-kept < loopBuffer/2 {
			c.rest = append(make([]byte, 0, 2*cap(c.rest)+loopBuffer), c.rest...)
		}
		buf = c.rest[:cap(c.rest)]
	} else {
		copy(buf, c.rest)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.fd), uintptr(unsafe.Pointer(&buf[kept])), uintptr(len(buf)-kept), unix.MSG_DONTWAIT, 0, 0)
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
	case errno != 0:
		c.end(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", errno)})
	case n == 0:
		c.end(c.receiver.AtEOF(kept))
	default:
		l.at = clock.Now()
		c.traffic.Read.Add(uint64(n))
		c.take(buf[:kept+int(n)])
	}
}

// take has the source take in, and keeps what it leaves.
func (c *Socket) take(in []byte) {
	if c.over {
		return
	}
	c.mu.Lock()
	c.corked = true
	own := c.out
	if len(own) == 0 {
		c.out = c.loop.out[:0]
	}
	c.mu.Unlock()
	used, err := c.receiver.Receive(in, c.loop.at)
	c.keep(in[used:])
	c.mu.Lock()
	c.corked = false
	c.flush()
	if len(own) == 0 { // the buffer is the loop's: what is left in it must move
		c.loop.out = c.out[:0]
		c.out = append([]byte(nil), c.out...)
	}
	c.mu.Unlock()
	if err != nil { // not before what the peer is owed for it has gone
		c.end(err)
	}
}

func (c *Socket) keep(rest []byte) {
	switch {
	case len(rest) == 0:
		if cap(c.rest) > 1<<10 {
			c.rest = nil
		}
		c.rest = c.rest[:0]
	case len(rest) <= cap(c.rest):
		c.rest = c.rest[:copy(c.rest[:len(rest)], rest)]
	default:
		c.rest = append([]byte(nil), rest...)
	}
}

// end tells the source, once, that nothing more comes. What is written still goes
// out.
func (c *Socket) end(err error) {
	if c.over {
		return
	}
	c.over = true
	c.rest = nil
	c.mu.Lock()
	c.readEnd = true
	if err != nil && !errors.Is(err, io.EOF) && c.broken == nil {
		c.broken = err
	}
	if c.broken != nil && c.room != nil {
		c.room.Broadcast()
	}
	c.watch()
	c.mu.Unlock()
	c.receiver.Ended(err)
}

// release gives the descriptor back.
func (c *Socket) release() {
	c.mu.Lock()
	fd := c.fd
	c.fd, c.closed, c.out = -1, true, nil
	c.mu.Unlock()
	if fd < 0 {
		return
	}
	_ = unix.Close(fd)
	if c.slot >= 0 {
		c.loop.slots[c.slot] = nil
		c.loop.free = append(c.loop.free, c.slot)
	}
}
