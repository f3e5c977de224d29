package eventloop

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/pace"
)

// NewPaced returns a loop that runs on the thread of a metronome, which spins as
// NewMetronome's does and whose Close ends both. Tasks run on the loop's goroutine and
// must not block in Send: check Conn.Writable first.
func NewPaced(spin time.Duration) (*Loop, *pace.Metronome, error) {
	l, err := newLoop()
	if err != nil {
		return nil, nil, err
	}
	return l, pace.NewMetronomeOn(pacedLoop{l}, spin), nil
}

// A pacedLoop adapts a Loop to pace.Waiter.
type pacedLoop struct{ *Loop }

func (l pacedLoop) Wait(d, until int64) bool { return l.runOnce(d, until) }

func (l pacedLoop) Wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake()
}

func (l pacedLoop) Close() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.runPosted()
	l.closeAll()
}

// pollFor polls for at most d nanoseconds. Before Linux 5.11 epoll_wait has a resolution
// of milliseconds, but an epoll descriptor can itself be polled.
func (l *Loop) pollFor(d int64) int {
	timeout := unix.NsecToTimespec(d)
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)),
		uintptr(unsafe.Pointer(&timeout)), 0, 0)
	if errno == unix.ENOSYS {
		_, _ = unix.Ppoll([]unix.PollFd{{Fd: int32(l.epoll), Events: unix.POLLIN}}, &timeout, nil)
		return l.poll(0)
	}
	if errno != 0 {
		return 0
	}
	return int(n)
}
