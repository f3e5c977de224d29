package deflate

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Errors of Decompress.
var (
	ErrTooLong = errors.New("decompressed message is too long")
	ErrCorrupt = errors.New("compressed data is corrupt")
)

// A Decompressor decompresses the messages that one end of a connection receives
// (section 7.2.2). It belongs to one goroutine.
type Decompressor struct {
	size int // of the window; 0 for none
	// window ends with the last size bytes of all messages so far. Its capacity is twice
	// size, so that bytes are rarely moved.
	window []byte
	src    bytes.Reader
	out    []byte
}

// Decompressor returns a decompressor for the messages that the client or the server
// receives.
func (p *Params) Decompressor(client bool) *Decompressor {
	bits, noContext := p.window(!client)
	if noContext {
		return &Decompressor{}
	}
	return &Decompressor{size: 1 << bits}
}

var readers sync.Pool

// maxFinal limits the blocks of a message that are marked final: the decompressor
// restarts after each.
const maxFinal = 16

// Tail must be appended to a received message before decompression. It holds the end of
// the block that the sender omitted, and a final block.
const Tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// Decompress decompresses a message; in must end with Tail. The result is valid until the
// next call. The error is ErrTooLong if the message is longer than limit; no more than
// limit bytes are ever held.
func (d *Decompressor) Decompress(in []byte, limit int) ([]byte, error) {
	d.src.Reset(in)
	d.out = d.out[:0]
	r, ok := readers.Get().(io.Reader)
	if !ok {
		r = flate.NewReader(&d.src)
	}
	defer func() {
		d.src.Reset(nil)
		readers.Put(r)
	}()
	dict := d.dict()
	for range maxFinal {
		if reset, ok := r.(flate.Resetter); ok {
			_ = reset.Reset(&d.src, dict) // cannot fail
		}
		if err := d.read(r, limit); err != nil {
			return nil, err
		}
		// A final block ends the data early. Some senders omit the empty block that must
		// follow it (section 7.2.3.4).
		if left := d.src.Len(); left == 0 || left == len(Tail) {
			d.keep()
			return d.out, nil
		}
		dict = lastOf(append(bytes.Clone(d.dict()), d.out...), 1<<maxWindowBits)
	}
	return nil, ErrCorrupt
}

// read appends everything in r to d.out.
func (d *Decompressor) read(r io.Reader, limit int) error {
	for {
		if len(d.out) == cap(d.out) {
			d.grow(limit)
		}
		n, err := r.Read(d.out[len(d.out):cap(d.out)])
		d.out = d.out[:len(d.out)+n]
		switch {
		case len(d.out) > limit:
			return ErrTooLong
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return ErrCorrupt
		}
	}
}

func (d *Decompressor) grow(limit int) {
	grown := make([]byte, len(d.out), min(max(512, 2*cap(d.out)), limit+1))
	copy(grown, d.out)
	d.out = grown
}

// dict returns the bytes that the next message may refer to.
func (d *Decompressor) dict() []byte { return lastOf(d.window, d.size) }

// keep appends the message to the window.
func (d *Decompressor) keep() {
	p := lastOf(d.out, d.size)
	if len(d.window)+len(p) > 2*d.size {
		d.window = d.window[:copy(d.window, lastOf(d.window, d.size-len(p)))]
	}
	d.window = append(d.window, p...)
}

func lastOf(p []byte, n int) []byte { return p[max(0, len(p)-n):] }
