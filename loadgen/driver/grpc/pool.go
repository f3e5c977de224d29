package grpc

import (
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/mem"
)

// unwritten counts the bytes that grpc-go has accepted for a stream but not written yet. It is the
// mem.BufferPool of these messages. The zero value is ready to use.
type unwritten struct{ bytes atomic.Int64 }

// messageHeaderSize is the length of a message prefix (gRPC over HTTP2, Length-Prefixed-Message).
const messageHeaderSize = 5

// Get implements mem.BufferPool. The codec calls it with a message's size.
func (u *unwritten) Get(n int) *[]byte {
	u.bytes.Add(int64(n + messageHeaderSize))
	return buffers.Get(n)
}

// Put implements mem.BufferPool. grpc-go calls it once the message is written.
func (u *unwritten) Put(b *[]byte) {
	u.bytes.Add(-int64(len(*b) + messageHeaderSize))
	buffers.Put(b)
}

// writeQuota equals defaultWriteQuota of grpc-go (internal/transport): a send blocks while this many
// bytes of the stream, including headers, are unwritten.
const writeQuota = 64 << 10

// writable reports whether a send would not block. It is always true for compressed messages, whose
// buffers return before they are written.
func (u *unwritten) writable() bool { return u.bytes.Load() < writeQuota }

// buffers holds copies of messages, for all channels.
var buffers = new(bufferPool)

// A bufferPool is a mem.BufferPool. Its small buffers are larger than 1 KiB, since grpc-go does not
// return smaller ones to their pool. Unlike grpc-go's own pool it does not clear them.
type bufferPool struct{ small sync.Pool }

const smallBuffer = 2 << 10

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

func (p *bufferPool) Put(b *[]byte) {
	if cap(*b) != smallBuffer {
		mem.DefaultBufferPool().Put(b)
		return
	}
	p.small.Put(b)
}
