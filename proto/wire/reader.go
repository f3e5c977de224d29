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
	last    func([]byte) error // as reply, of what nothing follows; nil: reply
	most    int                // bytes of an event that is not whole yet
	bare    *bareSource        // reads in the place of src, where it can; else nil
	in      []byte
	r, w    int
}

// startSize is the first size of a read buffer: small, since connections are counted
// in thousands.
const startSize = 4 << 10

// NewReader returns a reader of src. rest is what has been read of it already;
// it is copied. reply sends what the framing owes the peer; nil drops it.
func NewReader(src io.Reader, f Framing, rest []byte, reply func([]byte) error) *Reader {
	r := &Reader{src: src, framing: f, reply: reply, most: mostOf(f)}
	if len(rest) > 0 {
		r.in = make([]byte, max(startSize, len(rest)))
		r.w = copy(r.in, rest)
	}
	return r
}

// mostOf is how many bytes an event of f may have that is not whole yet.
func mostOf(f Framing) int {
	if b, ok := f.(bounded); ok {
		return max(2*maxEncoded, b.longest()+1)
	}
	return 2 * maxEncoded
}

// Recv is the receiving half of proto.Conn.
func (r *Reader) Recv() ([]byte, error) {
	for {
		p, used, err := r.next(r.in[r.r:r.w])
		r.r += used
		if p != nil || err != nil {
			return p, err
		}
		if err := r.read(); err != nil {
			return nil, err
		}
	}
}

// next takes the first message out of in, or nil where there is no whole one yet,
// and says how much of in was used. It answers what the peer is owed.
func (r *Reader) next(in []byte) (p []byte, used int, err error) {
	for {
		kind, p, n, err := r.framing.Next(in[used:])
		used += n
		if err != nil {
			_ = r.sayLast(p) // the connection is given up
			return nil, used, err
		}
		switch kind {
		case Message:
			if p == nil {
				p = empty
			}
			return p, used, nil
		case End:
			_ = r.sayLast(p) // nobody may be there any more
			return nil, used, io.EOF
		case Reply:
			if err := r.answer(p); err != nil {
				return nil, used, err
			}
		case More:
			if n > 0 && used < len(in) {
				continue
			}
			if len(in)-used >= r.most {
				return nil, used, ErrTooLong
			}
			return nil, used, nil
		}
	}
}

// empty is a message of no bytes, as opposed to none.
var empty = []byte{}

func (r *Reader) answer(p []byte) error {
	if len(p) == 0 || r.reply == nil {
		return nil
	}
	return r.reply(p)
}

// sayLast is answer, after which no more is said.
func (r *Reader) sayLast(p []byte) error {
	if len(p) == 0 || r.last == nil {
		return r.answer(p)
	}
	return r.last(p)
}

// read waits for more bytes, making room for them first.
func (r *Reader) read() error {
	if r.r > 0 {
		r.w = copy(r.in, r.in[r.r:r.w])
		r.r = 0
	}
	if r.w == len(r.in) && (r.w > 0 || r.bare == nil) {
		r.in = append(r.in, make([]byte, max(startSize, len(r.in)))...)
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

func (r *Reader) fill() (int, error) {
	if r.bare != nil {
		return r.bare.fill()
	}
	return r.src.Read(r.in[r.w:])
}
