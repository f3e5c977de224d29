package grpc

import (
	"fmt"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/mem"
)

// A rawMessage is a message's bytes for bytesCodec. It belongs to one goroutine.
type rawMessage struct {
	// payload is, of what was received, the rawMessage's own, until the next is received
	// into it.
	payload []byte
	own     []byte
	// underway is where what is sent is counted until it is written.
	underway *underway
}

// underway counts the bytes of a stream's messages that grpc-go has and has not written
// yet. It is the mem.BufferPool that their buffers return to. The zero value is ready.
type underway struct{ bytes atomic.Int64 }

// grpcHeader is the length of what precedes each message (gRPC over HTTP2,
// Length-Prefixed-Message).
const grpcHeader = 5

// Get implements mem.BufferPool.
func (u *underway) Get(n int) *[]byte { return copies.Get(n) }

// Put implements mem.BufferPool: the message has been written.
func (u *underway) Put(b *[]byte) {
	u.bytes.Add(-int64(len(*b) + grpcHeader))
	copies.Put(b)
}

// writeQuota is grpc-go's (internal/transport, defaultWriteQuota): it takes another message
// of a stream at once while less than that, headers included, is unwritten.
const writeQuota = 64 << 10

// room says whether a message would be taken at once; of compressed ones, whose buffers
// return before they are written, always.
func (u *underway) room() bool { return u.bytes.Load() < writeQuota }

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
	if m.underway == nil {
		return mem.BufferSlice{mem.NewBuffer(b, copies)}, nil
	}
	m.underway.bytes.Add(int64(len(*b) + grpcHeader))
	return mem.BufferSlice{mem.NewBuffer(b, m.underway)}, nil
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
