package wire

import (
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A Loop waits for many connections at once and takes what comes on them, in one
// goroutine, with one buffer for all (epoll(7)). Its methods may be called from any
// goroutine. Close ends it and its connections. Where a pacer sends on them, its thread
// can be that goroutine: NewPacedLoop.
type Loop struct {
	epoll, event int
	ended        chan struct{}

	mu      sync.Mutex
	posted  []func() // to be called on the loop's goroutine
	closing bool

	// The goroutine's own.
	events  []unix.EpollEvent
	pending []unix.EpollEvent // of events, still to be handled
	over    bool
	slots   []*loopConn // by the number that epoll gives back
	free    []int32
	in      []byte
	out     []byte // what the connection being handled sends meanwhile
	at      int64
	running []func()
}

const (
	loopBuffer = 64 << 10
	// smallRest is the longest incomplete message that is copied in front of what
	// comes next; a longer one is gathered in a buffer of its connection's own.
	smallRest = 4 << 10
	// wakeSlot is the event that post wakes the loop by.
	wakeSlot = -1
)

// NewLoop starts a loop. The error is errors.ErrUnsupported where the system has
// nothing to make one of.
func NewLoop() (*Loop, error) {
	l, err := newLoop()
	if err == nil {
		go func() {
			defer l.shut()
			for !l.over {
				l.turn(-1, math.MaxInt64)
			}
		}()
	}
	return l, err
}

// NewPacedLoop returns a loop that runs on the thread of a metronome, which spins as
// NewMetronome's does and whose Close ends both. What a task sends on the loop's
// connections it sends on the loop's goroutine, where a Send must not wait: Conn.Room
// says whether it would, and Pass passes the time until there is.
func NewPacedLoop(spin time.Duration) (*Loop, *pace.Metronome, error) {
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
func (l pacedLoop) Wake() { l.wake() }

// Close implements pace.Waiter.
func (l pacedLoop) Close() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.takePosted()
	l.shut()
}

// Pass has the loop take what comes, for at most d. It is called from a task of the
// loop's metronome, and nowhere else.
func (l *Loop) Pass(d time.Duration) { l.turn(int64(d), math.MaxInt64) }

func newLoop() (*Loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making an event loop: %w", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, event, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeSlot})
	}
	if err != nil {
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("making an event loop: %w", err)
	}
	return &Loop{
		epoll: epoll, event: event, ended: make(chan struct{}),
		in: make([]byte, loopBuffer), events: make([]unix.EpollEvent, 512),
	}, nil
}

// Close ends every connection of the loop, each told net.ErrClosed, and returns
// when the loop has ended. It must not be called from what the loop calls. A paced loop
// ends with its metronome, and Close waits for that.
func (l *Loop) Close() {
	l.mu.Lock()
	first := !l.closing
	l.closing = true
	l.mu.Unlock()
	if first {
		l.wake()
	}
	<-l.ended
}

// Post has f called on the loop's goroutine, soon; false when the loop has ended.
func (l *Loop) Post(f func()) bool {
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		return false
	}
	l.posted = append(l.posted, f)
	first := len(l.posted) == 1
	l.mu.Unlock()
	if first {
		l.wake()
	}
	return true
}

func (l *Loop) wake() {
	one := [8]byte{1} // any number but 0, in any byte order
	_, _ = unix.Write(l.event, one[:])
}

// turn waits for at most d nanoseconds, for ever below 0, and takes what has come, of
// which it begins nothing more from until on. It says whether there was anything.
func (l *Loop) turn(d, until int64) bool {
	if len(l.pending) == 0 {
		l.takePosted() // not before: it may give a slot away that an event is for
		if l.over {
			return false
		}
		l.pending = l.events[:l.wait(d)]
	}
	if len(l.pending) == 0 {
		return false
	}
	for len(l.pending) > 0 {
		e := l.pending[0]
		l.pending = l.pending[1:]
		if e.Fd == wakeSlot {
			var b [8]byte
			_, _ = unix.Read(l.event, b[:])
			continue
		}
		if c := l.slots[e.Fd]; c != nil {
			c.handle(e.Events)
		}
		if l.at >= until {
			break
		}
	}
	return true
}

// shut ends the connections and the loop.
func (l *Loop) shut() {
	for _, c := range l.slots {
		if c != nil {
			c.end(net.ErrClosed)
			c.release()
		}
	}
	_ = unix.Close(l.event)
	_ = unix.Close(l.epoll)
	close(l.ended)
}

// wait returns how many events there are. A look that does not wait comes first: it
// costs the scheduler nothing, and under load it is enough.
func (l *Loop) wait(d int64) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)), 0, 0, 0)
	if errno == 0 && n > 0 {
		return int(n)
	}
	if d > 0 {
		return l.waitFor(d)
	}
	for d < 0 {
		n, err := unix.EpollWait(l.epoll, l.events, -1)
		if err == nil && n > 0 {
			return n
		}
	}
	return 0
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

// takePosted calls what was posted; over is whether the loop is to end.
func (l *Loop) takePosted() {
	l.mu.Lock()
	l.running, l.posted = l.posted, l.running[:0]
	l.over = l.closing
	l.mu.Unlock()
	for i, f := range l.running {
		f()
		l.running[i] = nil
	}
}

// add takes nc over: its descriptor becomes the loop's, and Go's own poller is
// told to forget it. It fails with errors.ErrUnsupported where nc has none, as TLS
// does not; nc is as before then.
func (l *Loop) add(nc net.Conn, s source) (*loopConn, error) {
	inner, traffic := uncount(nc)
	sc, ok := inner.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("an event loop needs the bare connection: %w", errors.ErrUnsupported)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if e := raw.Control(func(from uintptr) { fd, err = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) }); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, fmt.Errorf("taking over a connection: %w", err)
	}
	_ = nc.Close()
	return &loopConn{loop: l, fd: fd, traffic: traffic, source: s, slot: -1}, nil
}

// start has the loop watch c, whose source first gets rest; false when the loop has
// ended, and c with it.
func (l *Loop) start(c *loopConn, rest []byte) bool {
	ok := l.Post(func() {
		c.rest = rest
		l.register(c)
		if len(rest) > 0 {
			l.at = clock.Now()
			c.take(c.rest)
		}
	})
	if !ok {
		c.release()
	}
	return ok
}

func (l *Loop) register(c *loopConn) {
	slot := int32(len(l.slots))
	if n := len(l.free); n > 0 {
		slot, l.free = l.free[n-1], l.free[:n-1]
	} else {
		l.slots = append(l.slots, nil)
	}
	l.slots[slot] = c
	c.mu.Lock()
	c.slot, c.events = slot, c.wanted()
	err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, c.fd, &unix.EpollEvent{Events: c.events, Fd: c.slot})
	c.mu.Unlock()
	if err != nil {
		c.end(fmt.Errorf("watching a connection: %w", err))
	}
}
