package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A bareSource reads a bare connection into buffers that only those connections hold
// that have something to read: an idle one costs none.
type bareSource struct {
	raw     syscall.RawConn
	traffic *Traffic
	read    func(fd uintptr) bool // try, made once
	r       *Reader
	n       int
	err     error
}

// newBareSource returns nil where nc is not bare.
func newBareSource(nc net.Conn, r *Reader) *bareSource {
	raw, traffic, err := bare(nc)
	if err != nil {
		return nil
	}
	s := &bareSource{raw: raw, traffic: traffic, r: r}
	s.read = s.try
	return s
}

// bare returns the socket of nc and where its bytes are counted. It fails with
// errors.ErrUnsupported where nc has none.
func bare(nc net.Conn) (syscall.RawConn, *Traffic, error) {
	inner, traffic := uncount(nc)
	sc, ok := inner.(syscall.Conn)
	if !ok {
		return nil, nil, errors.ErrUnsupported
	}
	raw, err := sc.SyscallConn()
	return raw, traffic, err
}

// fill waits for bytes and reads them behind what r holds. r has room, or no buffer.
func (s *bareSource) fill() (int, error) {
	s.n, s.err = 0, nil
	if err := s.raw.Read(s.read); err != nil {
		return 0, err
	}
	if s.n == 0 && s.err == nil {
		return 0, io.EOF
	}
	return s.n, s.err
}

// try returns false when there is nothing to read yet.
func (s *bareSource) try(fd uintptr) bool {
	r := s.r
	if r.in == nil {
		r.borrow()
	}
	for {
		n, err := unix.Read(int(fd), r.in[r.w:])
		switch {
		case err == unix.EAGAIN:
			r.giveBack()
			return false
		case err == unix.EINTR:
			continue
		case err != nil:
			s.err = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)}
		default:
			s.n = n
			s.traffic.Read.Add(uint64(n))
		}
		return true
	}
}

var borrowed = sync.Pool{New: func() any { return new([startSize]byte) }}

func (r *Reader) borrow() {
	b, _ := borrowed.Get().(*[startSize]byte)
	r.in = b[:]
}

// giveBack lets go of a buffer that holds nothing.
func (r *Reader) giveBack() {
	if r.w > 0 || len(r.in) != startSize { // one that had to grow is kept
		return
	}
	borrowed.Put((*[startSize]byte)(r.in))
	r.in = nil
}
