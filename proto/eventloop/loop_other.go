//go:build !linux

package eventloop

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto/framing"
	"rtbench/proto/pace"
)

// A Loop needs epoll: on this system New fails, and goroutines receive.
type Loop struct{}

// Without a Loop its methods and those of Socket are never called; they only compile.

func New() (*Loop, error) { return nil, errors.ErrUnsupported }

func NewPaced(time.Duration) (*Loop, *pace.Metronome, error) {
	return nil, nil, errors.ErrUnsupported
}
func (*Loop) Close()           {}
func (*Loop) Post(func()) bool { return false }
func (*Loop) Add(net.Conn, Receiver) (*Socket, error) {
	return nil, errors.ErrUnsupported
}

// A Socket belongs to a Loop; this system has none.
type Socket struct {
	io.WriteCloser
	PauseAt int
	loop    *Loop
	full    atomic.Bool
}

func (*Socket) Start([]byte) bool                  { return false }
func (*Socket) Buffered() int                      { return 0 }
func (*Socket) CloseSent()                         {}
func (*Socket) CloseWrite() error                  { return nil }
func (*Socket) WaitBelow(int, *sync.Mutex)         {}
func (*Socket) Wake()                              {}
func (*Socket) waitBelow()                         {}
func (*Socket) Full(int) bool                      { return false }
func (*Socket) send(framing.Framing, []byte) error { return errors.ErrUnsupported }
func (*Socket) giveBack() (net.Conn, []byte, error) {
	return nil, nil, errors.ErrUnsupported
}

func takeOver(net.Conn, Receiver) (*Socket, error) { return nil, errors.ErrUnsupported }

// newLender returns nc: only Linux lends buffers.
func newLender(nc net.Conn) io.Reader { return nc }

// A Writability is always writable on this system.
type Writability struct{}

// NewWritability returns nil.
func NewWritability(net.Conn) *Writability { return nil }

// Writable returns true.
func (*Writability) Writable() bool { return true }
