package eventloop

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/clock"
)

// A receipt reads from a socket together with the time at which the kernel received the
// data (SO_TIMESTAMPING, Documentation/networking/timestamping.rst). On a TCP socket that
// is the time of the last segment read. The zero value is ready to use by one goroutine.
type receipt struct {
	iov     unix.Iovec
	msg     unix.Msghdr
	control [128]byte
}

// stampReceipts makes the kernel note the time of receipt. It reports whether it does.
func stampReceipts(nc net.Conn) (ok bool) {
	sc, is := nc.(syscall.Conn)
	if !is {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	const flags = unix.SOF_TIMESTAMPING_RX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE
	err = raw.Control(func(fd uintptr) {
		ok = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPING, flags) == nil
	})
	return ok && err == nil
}

// recv is recvmsg(2) into p, which must not be empty. known is false if the kernel gave no
// time.
func (r *receipt) recv(fd uintptr, p []byte, flags uintptr) (n int, at int64, waited time.Duration, known bool, errno unix.Errno) {
	r.iov.Base = &p[0]
	r.iov.SetLen(len(p))
	r.msg = unix.Msghdr{Iov: &r.iov, Iovlen: 1, Control: &r.control[0]}
	r.msg.SetControllen(len(r.control))
	got, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&r.msg)), flags)
	if errno != 0 {
		return 0, 0, 0, false, errno
	}
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &now) // the clock of the stamps
	at = clock.Now()
	stamp, known := r.stamp()
	waited = time.Duration(now.Nano() - stamp)
	// A step of the system clock in between makes the difference meaningless.
	return int(got), at, waited, known && waited >= 0 && waited < time.Minute, 0
}

// read reads without blocking and reports to f.
func (r *receipt) read(fd uintptr, p []byte, f *Receipts) (int, unix.Errno) {
	n, at, waited, known, errno := r.recv(fd, p, unix.MSG_DONTWAIT)
	if known && n > 0 {
		f.note(at, waited)
	}
	return n, errno
}

// stamp returns the time in the control data.
func (r *receipt) stamp() (ns int64, known bool) {
	const header = unix.SizeofCmsghdr
	rest := r.control[:min(int(r.msg.Controllen), len(r.control))]
	for len(rest) >= header {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&rest[0]))
		length := int(h.Len)
		if length < header || length > len(rest) {
			return 0, false
		}
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPING && length >= header+int(unsafe.Sizeof(unix.Timespec{})) {
			t := (*unix.Timespec)(unsafe.Pointer(&rest[header]))
			return t.Nano(), t.Nano() != 0
		}
		rest = rest[min(len(rest), unix.CmsgSpace(length-header)):]
	}
	return 0, false
}

// A timedReader is an io.Reader of a socket in Go's poller that times each read.
type timedReader struct {
	net.Conn
	raw      syscall.RawConn
	receipts *Receipts
	receipt  receipt
	try      func(fd uintptr) bool // made once
	p        []byte
	n        int
	errno    unix.Errno
}

func newTimedReader(nc net.Conn, f *Receipts) *timedReader {
	r := &timedReader{Conn: nc, receipts: f}
	if sc, ok := nc.(syscall.Conn); ok {
		r.raw, _ = sc.SyscallConn()
	}
	r.try = r.once
	return r
}

// once reads without blocking. It returns false if there is nothing to read yet.
func (r *timedReader) once(fd uintptr) bool {
	for r.errno = unix.EINTR; r.errno == unix.EINTR; {
		r.n, r.errno = r.receipt.read(fd, r.p, r.receipts)
	}
	return r.errno != unix.EAGAIN
}

// Read implements io.Reader. p must not be empty.
func (r *timedReader) Read(p []byte) (int, error) {
	if r.raw == nil {
		return r.Conn.Read(p)
	}
	r.p = p
	err := r.raw.Read(r.try)
	r.p = nil
	switch {
	case err != nil:
		return 0, err
	case r.errno != 0:
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", r.errno)}
	case r.n == 0:
		return 0, io.EOF
	}
	return r.n, nil
}
