//go:build unix

package loadgen

import (
	"net"

	"golang.org/x/sys/unix"
)

// tcpBelow returns the TCP connection below nc.
func tcpBelow(nc net.Conn) net.Conn {
	for {
		switch c := nc.(type) {
		case *slowConn:
			nc = c.Conn
		case interface{ NetConn() net.Conn }:
			nc = c.NetConn()
		default:
			return nc
		}
	}
}

// bufferSizes returns the size of both buffers of a socket.
func bufferSizes(nc net.Conn) (bytes int) {
	raw, err := nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		for _, option := range []int{unix.SO_SNDBUF, unix.SO_RCVBUF} {
			size, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, option)
			bytes += size
		}
	})
	return bytes
}
