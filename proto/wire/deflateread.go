package wire

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// An inflater decompresses the messages that one end of a connection receives (RFC 7692,
// section 7.2.2). It belongs to who calls Next.
type inflater struct {
	size int // of the window that is kept; 0: none is
	// window ends with the last size bytes of the messages so far. It is twice as long, so
	// that it is moved once in many messages.
	window []byte
	src    bytes.Reader
	out    []byte
}

// inflater returns that of the client or the server.
func (d *Deflate) inflater(client bool) *inflater {
	each, bits := d.ClientEach, d.ClientBits
	if client {
		each, bits = d.ServerEach, d.ServerBits
	}
	if each {
		return &inflater{}
	}
	return &inflater{size: 1 << windowBits(bits)}
}

var inflateReaders sync.Pool

// mostFinal is how many blocks of a message may be marked as the last one: after each the
// decompressor begins anew.
const mostFinal = 16

// inflate returns the message that in is, with inflateTail behind it. It is valid until the
// next call. A message longer than limit is ErrTooLong, and no more than that is ever held.
func (f *inflater) inflate(in []byte, limit int) ([]byte, error) {
	f.src.Reset(in)
	f.out = f.out[:0]
	r, ok := inflateReaders.Get().(io.Reader)
	if !ok {
		r = flate.NewReader(&f.src)
	}
	defer func() {
		f.src.Reset(nil)
		inflateReaders.Put(r)
	}()
	dict := f.dict()
	for range mostFinal {
		if reset, ok := r.(flate.Resetter); ok {
			_ = reset.Reset(&f.src, dict) // has nothing that fails
		}
		if err := f.read(r, limit); err != nil {
			return nil, err
		}
		// A block marked as the last ends the data early. Some leave out the empty block that
		// must follow it (section 7.2.3.4).
		if left := f.src.Len(); left == 0 || left == len(inflateTail) {
			f.keep()
			return f.out, nil
		}
		dict = lastOf(append(bytes.Clone(f.dict()), f.out...), 1<<maxWindowBits)
	}
	return nil, errNotDeflate
}

// read appends what r has to out.
func (f *inflater) read(r io.Reader, limit int) error {
	for {
		if len(f.out) == cap(f.out) {
			f.grow(limit)
		}
		n, err := r.Read(f.out[len(f.out):cap(f.out)])
		f.out = f.out[:len(f.out)+n]
		switch {
		case len(f.out) > limit:
			return tooLong(limit)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errNotDeflate
		}
	}
}

func (f *inflater) grow(limit int) {
	grown := make([]byte, len(f.out), min(max(512, 2*cap(f.out)), limit+1))
	copy(grown, f.out)
	f.out = grown
}

// dict is what the next message may refer to.
func (f *inflater) dict() []byte { return lastOf(f.window, f.size) }

// keep has the window end with the message.
func (f *inflater) keep() {
	p := lastOf(f.out, f.size)
	if len(f.window)+len(p) > 2*f.size {
		f.window = f.window[:copy(f.window, lastOf(f.window, f.size-len(p)))]
	}
	f.window = append(f.window, p...)
}

func lastOf(p []byte, n int) []byte { return p[max(0, len(p)-n):] }
