package framing

import (
	"errors"
	"io"
)

// A Reader reads messages from a stream of bytes. It belongs to one goroutine.
type Reader struct {
	Decoder

	src    io.Reader
	filler Filler // src, if it is one
	in     []byte
	r, w   int // in[r:w] is read and unused
}

// MinBuffer is the initial size of a read buffer. It is small because a benchmark opens
// thousands of connections.
const MinBuffer = 4 << 10

// A Filler lends a buffer only while there is something to read, so that an idle
// connection holds none.
type Filler interface {
	io.Reader
	// Fill waits for bytes and reads them into buf[n:]. If buf is nil, it reads into a
	// buffer of MinBuffer bytes; if n is 0, it may take buf back while it waits. It
	// returns the buffer and the number of bytes read.
	Fill(buf []byte, n int) ([]byte, int, error)
}

// NewReader returns a reader of messages in f. read holds bytes already read from src; it
// is copied.
func NewReader(src io.Reader, f Framing, read []byte) *Reader {
	r := &Reader{Decoder: NewDecoder(f), src: src}
	r.filler, _ = src.(Filler)
	if len(read) > 0 {
		r.in = make([]byte, max(MinBuffer, len(read)))
		r.w = copy(r.in, read)
	}
	return r
}

// Recv returns the next message, which is valid until the next call; see proto.Conn.
func (r *Reader) Recv() ([]byte, error) {
	for {
		p, used, err := r.Next(r.in[r.r:r.w])
		r.r += used
		if p != nil || err != nil {
			return p, err
		}
		if err := r.read(); err != nil {
			return nil, err
		}
	}
}

// Detach gives up the source and returns the bytes that were read and not used.
// Afterwards only the Decoder may be used.
func (r *Reader) Detach() []byte {
	unused := r.in[r.r:r.w]
	r.src, r.filler, r.in, r.r, r.w = nil, nil, nil, 0, 0
	return unused
}

// read waits for more bytes, after it has made room for them.
func (r *Reader) read() error {
	if r.r > 0 {
		r.w = copy(r.in, r.in[r.r:r.w])
		r.r = 0
	}
	if r.w == len(r.in) && (r.w > 0 || r.filler == nil) {
		r.in = append(r.in, make([]byte, max(MinBuffer, len(r.in)))...)
	}
	n, err := r.fill()
	r.w += n
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF):
		return r.framing.AtEOF(r.w - r.r)
	}
	return err
}

func (r *Reader) fill() (n int, err error) {
	if r.filler != nil {
		in := r.in
		r.in = nil // Fill may give it back while it waits
		r.in, n, err = r.filler.Fill(in, r.w)
		return n, err
	}
	return r.src.Read(r.in[r.w:])
}
