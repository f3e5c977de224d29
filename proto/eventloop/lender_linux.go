package eventloop

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"rtbench/proto/framing"
)

// A lender reads a bare socket into buffers from a pool. Only connections that have
// something to read hold one. It implements framing.Filler.
type lender struct {
	net.Conn
	raw     syscall.RawConn
	traffic *Traffic
	read    func(fd uintptr) bool // try, made once
	receipt *receipt              // made at the first timed read
	buf     []byte
	used    int // of buf
	n       int
	err     error
}

// newLender returns nc itself if it has no socket.
func newLender(nc net.Conn) io.Reader {
	raw, traffic, err := rawSocket(nc)
	if err != nil {
		return nc
	}
	l := &lender{Conn: nc, raw: raw, traffic: traffic}
	l.read = l.try
	return l
}

// rawSocket returns the socket of nc and the counters of its bytes. The error is
// errors.ErrUnsupported if nc has no socket.
func rawSocket(nc net.Conn) (syscall.RawConn, *Traffic, error) {
	inner, traffic := uncount(nc)
	sc, ok := inner.(syscall.Conn)
	if !ok {
		return nil, nil, errors.ErrUnsupported
	}
	raw, err := sc.SyscallConn()
	return raw, traffic, err
}

func (l *lender) Fill(buf []byte, n int) ([]byte, int, error) {
	l.buf, l.used, l.n, l.err = buf, n, 0, nil
	err := l.raw.Read(l.read)
	buf, l.buf = l.buf, nil
	switch {
	case err != nil:
		return buf, 0, err
	case l.n == 0 && l.err == nil:
		return buf, 0, io.EOF
	}
	return buf, l.n, l.err
}

// try reads without blocking. It returns false if there is nothing to read yet.
func (l *lender) try(fd uintptr) bool {
	if l.buf == nil {
		b, _ := buffers.Get().(*[framing.MinBuffer]byte)
		l.buf = b[:]
	}
	for {
		n, err := l.readOnce(fd)
		switch {
		case err == unix.EAGAIN: //nolint:errorlint // never wrapped; this is per message
			l.giveBack()
			return false
		case err == unix.EINTR: //nolint:errorlint // never wrapped
			continue
		case err != nil:
			l.err = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)}
		default:
			l.n = n
			l.traffic.countRead(n)
		}
		return true
	}
}

// readOnce is read(2), timed if its turn has come.
func (l *lender) readOnce(fd uintptr) (int, error) {
	if !l.traffic.timed() {
		return unix.Read(int(fd), l.buf[l.used:])
	}
	if l.receipt == nil {
		l.receipt = new(receipt)
	}
	n, errno := l.receipt.read(fd, l.buf[l.used:], l.traffic.receipts)
	if errno != 0 {
		return n, errno
	}
	return n, nil
}

var buffers = sync.Pool{New: func() any { return new([framing.MinBuffer]byte) }}

// giveBack returns an empty buffer to the pool. A buffer that has grown is kept.
func (l *lender) giveBack() {
	if l.used > 0 || len(l.buf) != framing.MinBuffer {
		return
	}
	buffers.Put((*[framing.MinBuffer]byte)(l.buf))
	l.buf = nil
}
