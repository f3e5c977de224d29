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
	buf     []byte
	// unwritten is where what is sent is counted until it is written.
	unwritten *unwritten
}

// unwritten counts the bytes of a stream's messages that grpc-go has and has not written
// yet. It is the mem.BufferPool that their buffers return to. The zero value is ready.
type unwritten struct{ bytes atomic.Int64 }

// messageHeaderSize is the length of what precedes each message (gRPC over HTTP2,
// Length-Prefixed-Message).
const messageHeaderSize = 5

// Get implements mem.BufferPool.
func (u *unwritten) Get(n int) *[]byte { return buffers.Get(n) }

// Put implements mem.BufferPool: the message has been written.
func (u *unwritten) Put(b *[]byte) {
	u.bytes.Add(-int64(len(*b) + messageHeaderSize))
	buffers.Put(b)
}

// writeQuota is grpc-go's (internal/transport, defaultWriteQuota): it takes another message
// of a stream at once while less than that, headers included, is unwritten.
const writeQuota = 64 << 10

// writable says whether a message would be taken at once; of compressed ones, whose buffers
// return before they are written, always.
func (u *unwritten) writable() bool { return u.bytes.Load() < writeQuota }

// rawCodec passes messages through grpc-go as they are. It implements encoding.CodecV2.
type rawCodec struct{}

// Name implements encoding.CodecV2: what is on the wire is protobuf.
func (rawCodec) Name() string { return "proto" }

// Marshal implements encoding.CodecV2. grpc-go may keep the message until it is written,
// so that the bytes are copied.
func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(*rawMessage)
	if !ok {
		return nil, fmt.Errorf("a %T is no message of bytes", v)
	}
	b := buffers.Get(len(m.payload))
	*b = append((*b)[:0], m.payload...)
	if m.unwritten == nil {
		return mem.BufferSlice{mem.NewBuffer(b, buffers)}, nil
	}
	m.unwritten.bytes.Add(int64(len(*b) + messageHeaderSize))
	return mem.BufferSlice{mem.NewBuffer(b, m.unwritten)}, nil
}

// Unmarshal implements encoding.CodecV2.
func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(*rawMessage)
	if !ok {
		return fmt.Errorf("a %T is no message of bytes", v)
	}
	n := data.Len()
	if cap(m.buf) < n {
		m.buf = make([]byte, n)
	}
	m.buf = m.buf[:n]
	data.CopyTo(m.buf)
	m.payload = m.buf
	return nil
}

// buffers is where copies of messages are, for all channels.
var buffers = new(bufferPool)

// A bufferPool is a mem.BufferPool. grpc-go does not return buffers of up to 1 KiB to their
// pool, so that the short ones here are longer; and it clears those of its own pool,
// which nothing here needs.
type bufferPool struct{ small sync.Pool }

const smallBuffer = 2 << 10

// Get implements mem.BufferPool.
func (p *bufferPool) Get(n int) *[]byte {
	if n > smallBuffer {
		return mem.DefaultBufferPool().Get(n)
	}
	if b, ok := p.small.Get().(*[]byte); ok {
		*b = (*b)[:n]
		return b
	}
	b := make([]byte, n, smallBuffer)
	return &b
}

// Put implements mem.BufferPool.
func (p *bufferPool) Put(b *[]byte) {
	if cap(*b) != smallBuffer {
		mem.DefaultBufferPool().Put(b)
		return
	}
	p.small.Put(b)
}
