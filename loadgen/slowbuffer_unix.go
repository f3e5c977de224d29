//go:build unix

package loadgen

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// setSlowBuffer sets the receive buffer of a socket before it connects. Later the peer has seen a larger
// window, and sends into a small one only when its persist timer fires (RFC 9293, section 3.8.6.2.1).
func setSlowBuffer(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, slowBuffer) })
	return errors.Join(err, set)
}
