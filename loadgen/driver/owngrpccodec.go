package driver

import (
	"fmt"
	"sync"

	"google.golang.org/grpc/mem"
)

// A rawMessage is a message's bytes for bytesCodec. It belongs to one goroutine.
type rawMessage struct {
	// payload is, of what was received, the rawMessage's own, until the next is received
	// into it.
	payload []byte
	own     []byte
}

// bytesCodec passes messages through grpc-go as they are. It implements encoding.CodecV2.
type bytesCodec struct{}

// Name implements encoding.CodecV2: what is on the wire is protobuf.
func (bytesCodec) Name() string { return "proto" }

// Marshal implements encoding.CodecV2. grpc-go may keep the message until it is written,
// so that the bytes are copied.
func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(*rawMessage)
	if !ok {
		return nil, fmt.Errorf("a %T is no message of bytes", v)
	}
	b := copies.Get(len(m.payload))
	*b = append((*b)[:0], m.payload...)
	return mem.BufferSlice{mem.NewBuffer(b, copies)}, nil
}

// Unmarshal implements encoding.CodecV2.
func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(*rawMessage)
	if !ok {
		return fmt.Errorf("a %T is no message of bytes", v)
	}
	n := data.Len()
	if cap(m.own) < n {
		m.own = make([]byte, n)
	}
	m.own = m.own[:n]
	data.CopyTo(m.own)
	m.payload = m.own
	return nil
}

// copies is where copies of messages are, for all channels.
var copies = new(copyPool)

// A copyPool is a mem.BufferPool. grpc-go does not return buffers of up to 1 KiB to their
// pool, so that the short ones here are longer; and it clears those of its own pool,
// which nothing here needs.
type copyPool struct{ short sync.Pool }

const shortCopy = 2 << 10

// Get implements mem.BufferPool.
func (p *copyPool) Get(n int) *[]byte {
	if n > shortCopy {
		return mem.DefaultBufferPool().Get(n)
	}
	if b, ok := p.short.Get().(*[]byte); ok {
		*b = (*b)[:n]
		return b
	}
	b := make([]byte, n, shortCopy)
	return &b
}

// Put implements mem.BufferPool.
func (p *copyPool) Put(b *[]byte) {
	if cap(*b) != shortCopy {
		mem.DefaultBufferPool().Put(b)
		return
	}
	p.short.Put(b)
}
