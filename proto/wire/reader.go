package wire

import (
	"errors"
	"io"
)

// A Reader is the receiving half of the blocking shell: it takes messages out of
// a stream of bytes. It belongs to one goroutine.
type Reader struct {
	src     io.Reader
	framing Framing
	reply   func([]byte) error
	in      []byte
	r, w    int
}

// startSize is the first size of a read buffer: small, since idle connections
// are counted in thousands.
const startSize = 2 << 10

// NewReader returns a reader of src. rest is what has been read of it already;
// it is copied. reply sends what the framing owes the peer; nil drops it.
func NewReader(src io.Reader, f Framing, rest []byte, reply func([]byte) error) *Reader {
	r := &Reader{src: src, framing: f, reply: reply, in: make([]byte, max(startSize, len(rest)))}
	r.w = copy(r.in, rest)
	return r
}

// Recv is the receiving half of proto.Conn.
func (r *Reader) Recv() ([]byte, error) {
	for {
		kind, p, used, err := r.framing.Next(r.in[r.r:r.w])
		r.r += used
		if err != nil {
			_ = r.answer(p) // the connection is given up: this is its last word
			return nil, err
		}
		switch kind {
		case Message:
			return p, nil
		case End:
			return nil, io.EOF
		case Reply:
			if err := r.answer(p); err != nil {
				return nil, err
			}
		case More:
			if used > 0 && r.r < r.w {
				continue
			}
			if err := r.read(); err != nil {
				return nil, err
			}
		}
	}
}

func (r *Reader) answer(p []byte) error {
	if len(p) == 0 || r.reply == nil {
		return nil
	}
	return r.reply(p)
}

// read waits for more bytes, making room for them first.
func (r *Reader) read() error {
	if r.r > 0 {
		r.w = copy(r.in, r.in[r.r:r.w])
		r.r = 0
	}
	if r.w == len(r.in) {
		if len(r.in) >= 2*maxEncoded {
			return ErrTooLong
		}
		r.in = append(r.in, make([]byte, len(r.in))...)
	}
	n, err := r.src.Read(r.in[r.w:])
	r.w += n
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF):
		return r.framing.AtEOF(r.w - r.r)
	}
	return err
}
