package loadgen

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// setSlowBuffer sets the receive buffer of a socket before it connects.
func setSlowBuffer(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, windows.SO_RCVBUF, slowBuffer)
	})
	return errors.Join(err, set)
}
