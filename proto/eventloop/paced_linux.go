package eventloop

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/pace"
)

// NewPaced returns a loop that runs on the thread of a metronome, which spins as
// NewMetronome's does and whose Close ends both. What a task sends on the loop's
// connections it sends on the loop's goroutine, where a Send must not wait: Conn.Room
// says whether it would, and Pass passes the time until there is.
func NewPaced(spin time.Duration) (*Loop, *pace.Metronome, error) {
	l, err := newLoop()
	if err != nil {
		return nil, nil, err
	}
	return l, pace.NewMetronomeOn(pacedLoop{l}, spin), nil
}

// A pacedLoop is a Loop as a metronome's Waiter.
type pacedLoop struct{ *Loop }

// Wait implements pace.Waiter.
func (l pacedLoop) Wait(d, until int64) bool { return l.turn(d, until) }

// Wake implements pace.Waiter.
func (l pacedLoop) Wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake()
}

// Close implements pace.Waiter.
func (l pacedLoop) Close() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.takePosted()
	l.shut()
}

// waitFor waits for at most d nanoseconds; before Linux 5.11 epoll knows milliseconds
// only, but an epoll can itself be polled.
func (l *Loop) waitFor(d int64) int {
	timeout := unix.NsecToTimespec(d)
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)),
		uintptr(unsafe.Pointer(&timeout)), 0, 0)
	if errno == unix.ENOSYS {
		_, _ = unix.Ppoll([]unix.PollFd{{Fd: int32(l.epoll), Events: unix.POLLIN}}, &timeout, nil)
		return l.wait(0)
	}
	if errno != 0 {
		return 0
	}
	return int(n)
}
