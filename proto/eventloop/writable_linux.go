package eventloop

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// A writability asks the kernel whether a connection that no loop drives takes more, TLS or
// not: its socket does while about a third of its buffer is free (poll(2), POLLOUT). It
// belongs to who sends; nil always says yes.
type writability struct {
	raw syscall.RawConn
	ask func(fd uintptr) // poll, made once
	fds [1]unix.PollFd
	ok  bool
}

// newWritability returns nil where nc has no socket to ask.
func newWritability(nc net.Conn) *writability {
	if over, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS
		nc = over.NetConn()
	}
	raw, _, err := rawSocket(nc)
	if err != nil {
		return nil
	}
	s := &writability{raw: raw}
	s.ask = s.poll
	return s
}

func (s *writability) poll(fd uintptr) {
	s.fds[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
	n, err := unix.Poll(s.fds[:], 0)
	s.ok = n > 0 || err != nil
}

// ready says yes of a connection that is closed or broken too: a Send says so.
func (s *writability) writable() bool {
	return s == nil || s.raw.Control(s.ask) != nil || s.ok
}
