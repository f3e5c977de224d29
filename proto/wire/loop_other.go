//go:build !linux

package wire

import (
	"errors"
	"io"
	"net"
	"time"

	"rtbench/proto/pace"
)

// A Loop waits for many connections at once. This system has nothing that one could
// be made of: NewLoop fails, and goroutines receive.
type Loop struct{}

// NewLoop returns errors.ErrUnsupported.
func NewLoop() (*Loop, error) { return nil, errors.ErrUnsupported }

// NewPacedLoop returns errors.ErrUnsupported.
func NewPacedLoop(time.Duration) (*Loop, *pace.Metronome, error) {
	return nil, nil, errors.ErrUnsupported
}

// Close does nothing.
func (*Loop) Close() {}

// Post returns false.
func (*Loop) Post(func()) bool { return false }

func (*Loop) add(net.Conn, source) (*loopConn, error) { return nil, errors.ErrUnsupported }
func (*Loop) start(*loopConn, []byte) bool            { return false }

type source interface {
	take(in []byte, at int64) (used int, err error)
	atEOF(rest int) error
	gone(err error)
}

type loopConn struct {
	io.WriteCloser
	answers bool
}

func (*loopConn) waitForRoom()  {}
func (*loopConn) waiting() int  { return 0 }
func (*loopConn) full(int) bool { return false }
func (*loopConn) CloseSent()    {}
