package pace

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// Method describes how a metronome waits on this system.
const Method = "locked thread, timer slack 1 ns, ppoll or epoll"

// prepareThread asks the kernel to wake this thread on time instead of up to 50 µs late
// (prctl(2), PR_SET_TIMERSLACK). If that fails, the lag shows it.
func prepareThread() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}

// A sleeper sleeps until another goroutine wakes it: it polls an eventfd with a timeout,
// the only wait with a resolution of nanoseconds that can be interrupted.
type sleeper struct {
	fd int // -1 if unavailable
}

// unwoken is the longest sleep without an eventfd, in nanoseconds.
const unwoken = int64(5 * time.Millisecond)

func newSleeper() *sleeper {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		fd = -1
	}
	return &sleeper{fd}
}

// Wait implements Waiter. It does no work.
func (s *sleeper) Wait(d, _ int64) bool {
	if d == 0 {
		return false
	}
	if s.fd < 0 {
		d = min(d, unwoken)
	}
	timeout := unix.NsecToTimespec(d)
	fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}} // negative descriptors are ignored
	if n, err := unix.Ppoll(fds, &timeout, nil); n > 0 && err == nil {
		var b [8]byte
		_, _ = unix.Read(s.fd, b[:])
	}
	return false
}

func (s *sleeper) Wake() {
	if s.fd >= 0 {
		var b [8]byte
		binary.NativeEndian.PutUint64(b[:], 1)
		_, _ = unix.Write(s.fd, b[:])
	}
}

func (s *sleeper) Close() {
	if s.fd >= 0 {
		_ = unix.Close(s.fd)
	}
}
