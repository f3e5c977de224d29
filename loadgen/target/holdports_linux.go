package target

import (
	"net"

	"golang.org/x/sys/unix"
)

// holdPorts keeps the ports of a server that does not run from becoming the local ports of connections, which would
// be in its way, or even connect to themselves. Connecting to a port held is refused, as without it. The returned
// function ends that.
func (s *Server) holdPorts() (release func()) {
	var held []int
	for _, address := range addresses(s.Info) {
		if fd, err := hold(address); err == nil {
			held = append(held, fd)
		}
	}
	return func() {
		for _, fd := range held {
			_ = unix.Close(fd)
		}
	}
}

// hold binds a socket to an address of IPv4, and does not listen.
func hold(address string) (fd int, err error) {
	at, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return 0, err
	}
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, err
	}
	to := &unix.SockaddrInet4{Port: at.Port}
	copy(to.Addr[:], at.IP.To4())
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err == nil {
		err = unix.Bind(fd, to)
	}
	if err != nil {
		_ = unix.Close(fd)
	}
	return fd, err
}
