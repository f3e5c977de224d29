package eventloop

import (
	"fmt"
	"math"
	"net"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/clock"
)

// A Loop waits for many connections at once and takes what comes on them, in one
// goroutine, with one buffer for all (epoll(7)). Its methods may be called from any
// goroutine. Close ends it and its connections. Where a pacer sends on them, its thread
// can be that goroutine: NewPaced.
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
	slots   []*Socket // by the number that epoll gives back
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

// New starts a loop. The error is errors.ErrUnsupported where the system has
// nothing to make one of.
func New() (*Loop, error) {
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
	if !l.closing {
		l.closing = true
		l.wake()
	}
	l.mu.Unlock()
	<-l.ended
}

// Post has f called on the loop's goroutine, soon; false when the loop has ended.
func (l *Loop) Post(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return false
	}
	l.posted = append(l.posted, f)
	if len(l.posted) == 1 {
		l.wake()
	}
	return true
}

// wake ends the wait, or the next one. l.mu is held: a descriptor that is closed
// meanwhile may be a connection's by then.
func (l *Loop) wake() {
	if l.event < 0 {
		return
	}
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
	l.mu.Lock()
	_ = unix.Close(l.event)
	_ = unix.Close(l.epoll)
	l.event = -1
	l.mu.Unlock()
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

// Add takes nc over: its descriptor becomes the loop's, and Go's own poller is
// told to forget it. It fails with errors.ErrUnsupported where nc has none, as TLS
// does not; nc is as before then.
func (l *Loop) Add(nc net.Conn, r Receiver) (*Socket, error) {
	raw, traffic, err := rawSocket(nc)
	if err != nil {
		return nil, fmt.Errorf("an event loop needs the bare connection: %w", err)
	}
	fd := -1
	if e := raw.Control(func(from uintptr) { fd, err = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) }); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, fmt.Errorf("taking over a connection: %w", err)
	}
	_ = nc.Close()
	return &Socket{loop: l, fd: fd, traffic: traffic, receiver: r, slot: -1}, nil
}

// Start has the loop watch c, whose source first gets rest; false when the loop has
// ended, and c with it.
func (c *Socket) Start(rest []byte) bool {
	l := c.loop
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

func (l *Loop) register(c *Socket) {
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
