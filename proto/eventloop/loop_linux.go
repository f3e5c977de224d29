package eventloop

import (
	"fmt"
	"math"
	"net"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"rtbench/proto/clock"
)

// A Loop serves many connections from one goroutine with one read buffer (epoll(7)). Its
// methods may be called from any goroutine. Close ends it and its connections. With
// NewPaced the loop runs on a pacer's thread.
type Loop struct {
	epoll, event int
	ended        chan struct{}

	mu      sync.Mutex
	posted  []func() // functions to call on the loop's goroutine
	closing bool

	encoder encoder

	// Owned by the loop's goroutine.
	events  []unix.EpollEvent
	pending []unix.EpollEvent // events not handled yet
	stopped bool
	slots   []*Socket // indexed by the epoll event's Fd
	free    []int32
	in      []byte
	receipt receipt
	out     []byte // data sent by the handler of the current connection
	at      int64
	running []func()
}

const (
	loopBuffer = 64 << 10
	// maxCopied is the longest incomplete message that is copied in front of the next
	// read. Longer ones are collected in a buffer of their connection.
	maxCopied = 4 << 10
	// wakeSlot is the Fd of events on the eventfd.
	wakeSlot = -1
)

// New starts a loop. The error is errors.ErrUnsupported on systems without epoll.
func New() (*Loop, error) {
	l, err := newLoop()
	if err == nil {
		go func() {
			defer l.closeAll()
			for !l.stopped {
				l.runOnce(-1, math.MaxInt64)
			}
		}()
	}
	return l, err
}

func newLoop() (*Loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an event loop: %w", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, event, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeSlot})
	}
	if err != nil {
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("creating an event loop: %w", err)
	}
	return &Loop{
		epoll: epoll, event: event, ended: make(chan struct{}),
		in: make([]byte, loopBuffer), events: make([]unix.EpollEvent, 512),
	}, nil
}

// Close ends all connections with net.ErrClosed and returns when the loop has ended. It
// must not be called on the loop's goroutine. A paced loop ends with its metronome, and
// Close waits for that.
func (l *Loop) Close() {
	l.mu.Lock()
	if !l.closing {
		l.closing = true
		l.wake()
	}
	l.mu.Unlock()
	<-l.ended
}

// Post schedules f on the loop's goroutine. It returns false if the loop has ended.
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

// wake ends the current poll or, if there is none, the next one. l.mu must be held: after
// closeAll the descriptor may belong to another connection.
func (l *Loop) wake() {
	if l.event < 0 {
		return
	}
	one := [8]byte{1} // any nonzero number, in any byte order
	_, _ = unix.Write(l.event, one[:])
}

// runOnce polls for at most d nanoseconds, forever if d is negative, and handles events
// until the time until. It reports whether there were any.
func (l *Loop) runOnce(d, until int64) bool {
	if len(l.pending) == 0 {
		l.runPosted() // only here: it may free a slot that a pending event refers to
		if l.stopped {
			return false
		}
		l.pending = l.events[:l.poll(d)]
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

// closeAll closes the connections and the loop.
func (l *Loop) closeAll() {
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

// poll waits for events and returns their number. It first polls without waiting, which
// costs the scheduler nothing and suffices under load.
func (l *Loop) poll(d int64) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)), 0, 0, 0)
	if errno == 0 && n > 0 {
		return int(n)
	}
	if d > 0 {
		return l.pollFor(d)
	}
	for d < 0 {
		n, err := unix.EpollWait(l.epoll, l.events, -1)
		if err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// runPosted calls the posted functions.
func (l *Loop) runPosted() {
	l.mu.Lock()
	l.running, l.posted = l.posted, l.running[:0]
	l.stopped = l.closing
	l.mu.Unlock()
	for i, f := range l.running {
		f()
		l.running[i] = nil
	}
}

// Add takes over the descriptor of nc from Go's poller. If nc is not a bare socket (as
// with TLS), the error is errors.ErrUnsupported and nc is unchanged.
func (l *Loop) Add(nc net.Conn, r Receiver) (*Socket, error) {
	c, err := takeOver(nc, r)
	if err == nil {
		c.loop = l
	}
	return c, err
}

// takeOver is Add for a loop to come.
func takeOver(nc net.Conn, r Receiver) (*Socket, error) {
	raw, traffic, err := rawSocket(nc)
	if err != nil {
		return nil, fmt.Errorf("an event loop needs a bare socket: %w", err)
	}
	fd := -1
	if e := raw.Control(func(from uintptr) { fd, err = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 0) }); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, fmt.Errorf("taking over a connection: %w", err)
	}
	_ = nc.Close()
	return &Socket{fd: int32(fd), traffic: traffic, receiver: r, slot: -1}, nil
}

// giveBack undoes takeOver, except that keep-alive probes have the interval of package net. It returns the bytes that
// are still to be written. After an error the connection is closed.
func (c *Socket) giveBack() (nc net.Conn, unsent []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := os.NewFile(uintptr(c.fd), "")
	c.fd, c.closed = -1, true
	nc, err = net.FileConn(f) // of a copy of the descriptor
	_ = f.Close()
	if err != nil {
		return nil, nil, fmt.Errorf("giving back a connection: %w", err)
	}
	return c.traffic.Count(nc), c.out, nil
}

// Start starts receiving. The receiver first gets unused, bytes that were read earlier.
// Start returns false, and c is closed, if the loop has ended.
func (c *Socket) Start(unused []byte) bool {
	l := c.loop
	ok := l.Post(func() {
		c.unused = unused
		l.register(c)
		if len(unused) > 0 {
			l.at = clock.Now()
			c.deliver(c.unused)
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
	c.slot, c.events = slot, c.wantedEvents()
	err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, int(c.fd), &unix.EpollEvent{Events: c.events, Fd: c.slot})
	c.mu.Unlock()
	if err != nil {
		c.end(fmt.Errorf("watching a connection: %w", err))
	}
}
