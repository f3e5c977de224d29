//go:build !linux

package eventloop

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"rtbench/proto/pace"
)

// A Loop needs epoll: on this system New fails, and goroutines receive.
type Loop struct{}

// New returns errors.ErrUnsupported.
func New() (*Loop, error) { return nil, errors.ErrUnsupported }

// NewPaced returns errors.ErrUnsupported.
func NewPaced(time.Duration) (*Loop, *pace.Metronome, error) {
	return nil, nil, errors.ErrUnsupported
}

// Close does nothing.
func (*Loop) Close() {}

// Post returns false.
func (*Loop) Post(func()) bool { return false }

// Add returns errors.ErrUnsupported.
func (*Loop) Add(net.Conn, Receiver) (*Socket, error) { return nil, errors.ErrUnsupported }

// A Socket belongs to a Loop; this system has none.
type Socket struct {
	io.WriteCloser
	PauseReads bool
}

// Start returns false.
func (*Socket) Start([]byte) bool { return false }

// Buffered returns 0.
func (*Socket) Buffered() int { return 0 }

// Full returns false.
func (*Socket) Full(int) bool { return false }

// CloseSent does nothing.
func (*Socket) CloseSent() {}

// WaitBelow does nothing.
func (*Socket) WaitBelow(int, *sync.Mutex) {}

// Wake does nothing.
func (*Socket) Wake() {}

func (*Socket) waitBelow(int) {}
