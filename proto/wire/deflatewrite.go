package wire

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"
)

// A deflater compresses the messages that one end of a connection sends (RFC 7692,
// section 7.2.1). It belongs to who calls Append.
type deflater struct {
	bits int
	each bool          // nothing is kept from message to message
	w    *flate.Writer // with what it has seen; nil before the first message, and where each
	out  appended
}

// deflater returns that of the client or the server.
func (d *Deflate) deflater(client bool) *deflater {
	if client {
		return &deflater{bits: windowBits(d.ClientBits), each: d.ClientEach}
	}
	return &deflater{bits: windowBits(d.ServerBits), each: d.ServerEach}
}

// deflateWriters are those that hold nothing, by the bits of their windows: one has
// hundreds of KB.
var deflateWriters [maxWindowBits + 1]sync.Pool

// deflate returns p compressed, valid until the next call.
func (d *deflater) deflate(p []byte) []byte {
	if len(p) == 0 {
		return emptyBlock
	}
	w := d.w
	if w == nil {
		w = takeDeflateWriter(d.bits)
		w.Reset(&d.out)
	}
	d.out = d.out[:0]
	_, _ = w.Write(p) // appending cannot fail
	_ = w.Flush()
	if d.each {
		deflateWriters[d.bits].Put(w)
	} else {
		d.w = w
	}
	return bytes.TrimSuffix(d.out, syncTail)
}

// takeDeflateWriter returns a writer for a window of 1<<bits bytes. The fastest level:
// what is measured is to be the server.
func takeDeflateWriter(bits int) *flate.Writer {
	if w, ok := deflateWriters[bits].Get().(*flate.Writer); ok {
		return w
	}
	if bits < maxWindowBits {
		w, _ := flate.NewWriterWindow(nil, 1<<bits) // every number of bits is one it has
		return w
	}
	w, _ := flate.NewWriter(nil, flate.BestSpeed)
	return w
}

// appended is a slice as an io.Writer.
type appended []byte

// Write implements io.Writer.
func (a *appended) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
