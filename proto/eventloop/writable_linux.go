package eventloop

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Writability asks the kernel whether a connection without a loop accepts data: a
// socket does while about a third of its buffer is free (poll(2), POLLOUT). It works with
// TLS too. It belongs to one goroutine. A nil Writability is always writable.
type Writability struct {
	raw syscall.RawConn
	ask func(fd uintptr) // s.poll, allocated once
	fds [1]unix.PollFd
	ok  bool
}

// NewWritability returns nil if nc has no socket.
func NewWritability(nc net.Conn) *Writability {
	if over, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS
		nc = over.NetConn()
	}
	raw, _, err := rawSocket(nc)
	if err != nil {
		return nil
	}
	s := &Writability{raw: raw}
	s.ask = s.poll
	return s
}

func (s *Writability) poll(fd uintptr) {
	s.fds[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
	n, err := unix.Poll(s.fds[:], 0)
	s.ok = n > 0 || err != nil
}

// Writable returns true for closed and broken connections too: Send then returns the
// error.
func (s *Writability) Writable() bool {
	return s == nil || s.raw.Control(s.ask) != nil || s.ok
}
