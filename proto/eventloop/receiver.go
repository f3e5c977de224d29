package eventloop

import (
	"net"
	"syscall"
)

// A Receiver takes the bytes that a Loop reads from one socket. The loop calls its
// methods one at a time, on its goroutine.
type Receiver interface {
	// Receive uses as much of in as it can and returns the number of bytes used; the
	// unused ones come again, with more behind them. at is the time of the last read. An
	// error ends receiving; io.EOF is a clean end.
	Receive(in []byte, at int64) (used int, err error)
	// AtEOF returns the error for a connection that ends with unused bytes left: io.EOF
	// for a clean end.
	AtEOF(unused int) error
	// Ended is called once, when nothing more will be received.
	Ended(err error)
}

// Drivable reports whether a Loop can drive nc: a bare socket, counted or not, but not
// TLS.
func Drivable(nc net.Conn) bool {
	inner, _ := uncount(nc)
	_, ok := inner.(syscall.Conn)
	return ok
}
