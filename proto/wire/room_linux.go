package wire

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// A socketRoom asks the kernel whether a connection that no loop drives takes more, TLS or
// not: its socket does while about a third of its buffer is free (poll(2), POLLOUT). It
// belongs to who sends; nil always says yes.
type socketRoom struct {
	raw  syscall.RawConn
	ask  func(fd uintptr) // poll, made once
	fds  [1]unix.PollFd
	room bool
}

// newSocketRoom returns nil where nc has no socket to ask.
func newSocketRoom(nc net.Conn) *socketRoom {
	if over, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS
		nc = over.NetConn()
	}
	raw, _, err := bare(nc)
	if err != nil {
		return nil
	}
	s := &socketRoom{raw: raw}
	s.ask = s.poll
	return s
}

func (s *socketRoom) poll(fd uintptr) {
	s.fds[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
	n, err := unix.Poll(s.fds[:], 0)
	s.room = n > 0 || err != nil
}

// ready says yes of a connection that is closed or broken too: a Send says so.
func (s *socketRoom) ready() bool {
	return s == nil || s.raw.Control(s.ask) != nil || s.room
}
