package deflate

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"
)

// A Compressor compresses the messages that one end of a connection sends (section
// 7.2.1). It belongs to one goroutine.
type Compressor struct {
	bits      int
	noContext bool
	w         *flate.Writer // nil before the first message and if noContext
	out       appender
}

// Compressor returns a compressor for the client's or the server's messages.
func (p *Params) Compressor(client bool) *Compressor {
	bits, noContext := p.window(client)
	return &Compressor{bits: bits, noContext: noContext}
}

// writers holds unused writers by window bits. Each takes hundreds of KB.
var writers [maxWindowBits + 1]sync.Pool

// Every compressed message ends with an empty block. Its last four bytes, syncTail, are
// not sent (section 7.2.1); an empty message is the one byte before them (section
// 7.2.3.6).
var (
	syncTail   = []byte("\x00\x00\xff\xff")
	emptyBlock = []byte("\x00")
)

// Compress returns p compressed. The result is valid until the next call.
func (c *Compressor) Compress(p []byte) []byte {
	if len(p) == 0 {
		return emptyBlock
	}
	w := c.w
	if w == nil {
		w = takeWriter(c.bits)
		w.Reset(&c.out)
	}
	c.out = c.out[:0]
	_, _ = w.Write(p) // writing to an appender never fails
	_ = w.Flush()
	if c.noContext {
		writers[c.bits].Put(w)
	} else {
		c.w = w
	}
	return bytes.TrimSuffix(c.out, syncTail)
}

// takeWriter returns a writer with a window of 1<<bits bytes. It compresses at the
// fastest level: the benchmark measures the server, not the client's compressor.
func takeWriter(bits int) *flate.Writer {
	if w, ok := writers[bits].Get().(*flate.Writer); ok {
		return w
	}
	if bits < maxWindowBits {
		w, _ := flate.NewWriterWindow(nil, 1<<bits) // fails only if bits are out of range
		return w
	}
	w, _ := flate.NewWriter(nil, flate.BestSpeed)
	return w
}

// An appender is a byte slice that implements io.Writer.
type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
