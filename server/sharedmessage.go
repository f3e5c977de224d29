package server

import (
	"errors"
	"sync"
	"sync/atomic"

	"rtbench/proto/eventloop"
)

// A fanoutStream encodes a message once for all streams of its kind.
type fanoutStream interface {
	// kind is the same for all streams that can send each other's parcels.
	kind() string
	// encodeShared encodes p into parcel.
	encodeShared(into *sharedMessage, p []byte) error
	// sendShared sends what encodeShared of a stream of the same kind made.
	sendShared(*sharedMessage) error
	// drivenBy is the loop that drives the stream; nil where it has a goroutine.
	drivenBy() *eventloop.Loop
	// Offer sends the bytes of parcels unless limit bytes already wait, and does not
	// wait itself. Of a driven stream only.
	Offer(b []byte, limit int) (bool, error)
	// Buffered is how many bytes of what was sent are still to be written.
	Buffered() int
}

// undriven is a stream that no loop can drive.
type undriven struct{}

func (undriven) drivenBy() *eventloop.Loop       { return nil }
func (undriven) Offer([]byte, int) (bool, error) { return false, errors.ErrUnsupported }
func (undriven) Buffered() int                   { return 0 }

// A sharedMessage is one message, encoded for one kind of stream, on its way to many
// subscribers. The last to release it gives its buffer back.
type sharedMessage struct {
	bytes    []byte
	prepared any // what a protocol's library made of it
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
