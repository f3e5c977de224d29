package driver

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// Ping configures the pings of the protocol on each connection: WebSocket's (RFC 6455, section 5.5.2), and those of
// HTTP/2 (RFC 9113, section 6.7). The zero value sends none.
type Ping struct {
	// Every is the interval. WebSocket pings are sent at it, those of HTTP/2 only if nothing was received for so
	// long, as its libraries do.
	Every time.Duration
	// Timeout is how long to wait for the answer before the connection is closed with ErrPing.
	Timeout time.Duration
	// Idle sends pings of HTTP/2 while no stream is open too.
	Idle bool
	// Counts counts the pings and their answers; nil counts none. grpc-go and net/http do not report theirs.
	Counts *PingCounts
}

// PingCounts count the pings on all connections to a target.
type PingCounts struct {
	Sent, Answered atomic.Uint64
	// Time is the sum of the times until the answers, and Longest the longest, in nanoseconds.
	Time, Longest atomic.Int64
}

// answered counts an answer after a time.
func (c *PingCounts) answered(after time.Duration) {
	if c == nil {
		return
	}
	c.Answered.Add(1)
	c.Time.Add(int64(after))
	for {
		longest := c.Longest.Load()
		if longest >= int64(after) || c.Longest.CompareAndSwap(longest, int64(after)) {
			return
		}
	}
}

// ErrPing ends a connection whose peer did not answer a ping in time.
var ErrPing = errors.New("the server did not answer a ping within target.ping.timeout")

// A Pinger pings on one connection. Its methods may be called from any goroutine.
type Pinger struct {
	config Ping
	send   func() error
	close  func() // the connection
	busy   func() bool

	mu     sync.Mutex
	timer  *time.Timer
	sent   time.Time // of the ping under way; zero if there is none
	failed bool
	over   bool
}

// Start begins to ping by send, the first time after an interval. If no answer comes in time, it calls end. A ping is
// left out if busy, which may be nil, returns true. It returns nil if no pings are configured.
func (p Ping) Start(send func() error, busy func() bool, end func()) *Pinger {
	if p.Every == 0 {
		return nil
	}
	s := &Pinger{config: p, send: send, busy: busy, close: end}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(p.Every, s.tick)
	return s
}

// tick sends a ping, or ends the connection if the one before was not answered.
func (s *Pinger) tick() {
	busy := s.busy != nil && s.busy()
	s.mu.Lock()
	late := !s.sent.IsZero()
	s.failed = s.failed || late && !s.over
	if s.over || late {
		over := s.over
		s.mu.Unlock()
		if !over {
			s.close()
		}
		return
	}
	if busy {
		s.timer.Reset(s.config.Every)
		s.mu.Unlock()
		return
	}
	s.sent = time.Now()
	s.timer.Reset(s.config.Timeout)
	s.mu.Unlock()
	if s.config.Counts != nil {
		s.config.Counts.Sent.Add(1)
	}
	if s.send() != nil { // the connection has ended, or no longer sends
		s.Stop()
		if s.config.Counts != nil {
			s.config.Counts.Sent.Add(^uint64(0))
		}
	}
}

// Answered notes the answer. The next ping is sent an interval after the last one. A nil Pinger does nothing.
func (s *Pinger) Answered() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent.IsZero() || s.over { // unsolicited
		return
	}
	took := time.Since(s.sent)
	s.sent = time.Time{}
	s.config.Counts.answered(took)
	s.timer.Reset(max(0, s.config.Every-took))
}

// Stop ends the pings. A nil Pinger does nothing.
func (s *Pinger) Stop() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.timer.Stop()
}

// Explain returns ErrPing for an error of a connection that ended because of it.
func (s *Pinger) Explain(err error) error {
	if s == nil || err == nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed {
		return ErrPing
	}
	return err
}

// Wrap returns a stream that has the connection for itself, with the errors of Explain; it stops the pings when it is
// closed.
func (s *Pinger) Wrap(st *Stream) *Stream {
	if s == nil {
		return st
	}
	st.Conn = pinged{st.Conn, s}
	if st.Loop != nil {
		st.Loop = pingedLoop{st.Loop, s}
	}
	return st
}

type pinged struct {
	Conn
	pings *Pinger
}

func (c pinged) Recv() ([]byte, error) {
	p, err := c.Conn.Recv()
	return p, c.pings.Explain(err)
}

func (c pinged) Send(p []byte) error { return c.pings.Explain(c.Conn.Send(p)) }

func (c pinged) Close() error {
	c.pings.Stop()
	return c.Conn.Close()
}

type pingedLoop struct {
	Drivable
	pings *Pinger
}

func (c pingedLoop) Drive(l *eventloop.Loop, h proto.Handler) error {
	return c.Drivable.Drive(l, pingedHandler{h, c.pings})
}

type pingedHandler struct {
	proto.Handler
	pings *Pinger
}

func (h pingedHandler) Ended(err error) { h.Handler.Ended(h.pings.Explain(err)) }
