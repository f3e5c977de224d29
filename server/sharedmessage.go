package server

import (
	"errors"
	"sync"
	"sync/atomic"

	"rtbench/proto/eventloop"
)

// A fanoutStream sends messages that were encoded once for all streams of its kind.
type fanoutStream interface {
	// kind identifies streams that can send each other's shared messages.
	kind() string
	// encodeShared encodes p into into.
	encodeShared(into *sharedMessage, p []byte) error
	// sendShared sends a message encoded by any stream of the same kind.
	sendShared(*sharedMessage) error
	// drivenBy returns the loop that drives the stream, or nil.
	drivenBy() *eventloop.Loop
	// Offer sends encoded messages unless limit bytes or more are buffered. It never
	// blocks. Only driven streams support it.
	Offer(b []byte, limit int) (bool, error)
	// Buffered returns the number of bytes still to be written.
	Buffered() int
}

// undriven is embedded by streams that no loop can drive.
type undriven struct{}

func (undriven) drivenBy() *eventloop.Loop       { return nil }
func (undriven) Offer([]byte, int) (bool, error) { return false, errors.ErrUnsupported }
func (undriven) Buffered() int                   { return 0 }

// A sharedMessage is a message encoded for one kind of stream and shared by many
// subscribers. Its buffer is reused after the last release.
type sharedMessage struct {
	bytes    []byte
	prepared any // encoded by the protocol's library
	refs     atomic.Int32
}

var sharedMessages = sync.Pool{New: func() any { return new(sharedMessage) }}

func newSharedMessage() *sharedMessage {
	p, _ := sharedMessages.Get().(*sharedMessage)
	p.refs.Store(1)
	return p
}

func (p *sharedMessage) release() {
	if p.refs.Add(-1) == 0 {
		p.bytes, p.prepared = p.bytes[:0], nil
		sharedMessages.Put(p)
	}
}
