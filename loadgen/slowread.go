package loadgen

import (
	"context"
	"net"
	"sync"
	"time"

	"rtbench/proto/clock"
	"rtbench/scenarios/cell"
)

// slowBuffer is the receive buffer of a slow reader, in bytes. The server should notice that it is slow
// before the client's kernel has buffered much.
const slowBuffer = 4 << 10

// A slowReading paces the reads of a group's connections while it is on. Other reads are as fast as
// data comes.
type slowReading struct {
	read cell.Reading

	mu   sync.Mutex
	from int64         // time 0 of the periods; 0: not on
	off  chan struct{} // closed when it ends
}

func newSlowReading(r cell.Reading) *slowReading {
	return &slowReading{read: r, off: make(chan struct{})}
}

// start begins the first period at from.
func (s *slowReading) start(from int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = from
}

// stop lets all connections read at full speed. It may be called again.
func (s *slowReading) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.off:
	default:
		close(s.off)
	}
}

// began returns time 0 of the periods, 0 if reads are not paced.
func (s *slowReading) began() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.off:
		return 0
	default:
		return s.from
	}
}

// readable returns the first time from at on at which r reads, with periods from begun on.
func readable(r cell.Reading, begun, at int64) int64 {
	if r.Every == 0 || at < begun {
		return at
	}
	every, in := int64(r.Every), (at-begun)%int64(r.Every)
	if in < every-int64(r.Pause) {
		return at
	}
	return at - in + every
}

// conn returns nc with paced reads.
func (s *slowReading) conn(nc net.Conn) net.Conn {
	ctx, cancel := context.WithCancel(context.Background())
	return &slowConn{Conn: nc, pace: s, closed: ctx, close: cancel}
}

// A slowConn is a connection whose reads are paced. It is not a bare socket, so that no event loop
// reads it.
type slowConn struct {
	net.Conn
	pace   *slowReading
	closed context.Context //nolint:containedctx // ends when the connection is closed
	close  context.CancelFunc
	next   int64 // time of the next read; the reader's
}

const (
	// A read takes a hundredth of a second's bytes, and at least minChunk.
	minChunk = 256
	// maxMadeUp is the most time without reading that later reads make up for, so that a reader which wakes up
	// late keeps its rate.
	maxMadeUp = int64(100 * time.Millisecond)
)

func (c *slowConn) Read(p []byte) (int, error) {
	begun := c.pace.began()
	if begun == 0 {
		return c.Conn.Read(p)
	}
	r := c.pace.read
	now, at := clock.Now(), c.next
	if at == 0 {
		at = now
	}
	c.sleep(readable(r, begun, max(now, at)) - now)
	if r.Rate == 0 || c.pace.began() == 0 {
		return c.Conn.Read(p)
	}
	n, err := c.Conn.Read(p[:min(len(p), max(minChunk, int(r.Rate/100)))])
	if now = clock.Now(); c.next == 0 {
		c.next = now // it waited for the first data
	}
	c.next = max(c.next, now-maxMadeUp) + int64(float64(n)/r.Rate*1e9)
	return n, err
}

// sleep returns after d nanoseconds, or once reads are not paced or the connection is closed.
func (c *slowConn) sleep(d int64) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(time.Duration(d))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.pace.off:
	case <-c.closed.Done():
	}
}

func (c *slowConn) Close() error {
	c.close()
	return c.Conn.Close()
}

// CloseWrite closes the sending direction; the embedded interface would hide it.
func (c *slowConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
