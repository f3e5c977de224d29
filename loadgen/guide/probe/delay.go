package probe

import (
	"net"
	"sync"
	"time"
)

// A delayedConn delivers its peer's bytes late, as from a peer far away. The delay is a
// latency, not a rate limit: a client pays it once for each round trip that it waits for.
type delayedConn struct {
	net.Conn
	arrivals chan arrival
	closed   chan struct{}
	once     sync.Once
	unread   []byte // from the last arrival; used only by Read
}

type arrival struct {
	p   []byte
	err error
	at  time.Time
}

// delayConn wraps nc, which it then owns.
func delayConn(nc net.Conn, by time.Duration) *delayedConn {
	s := &delayedConn{Conn: nc, arrivals: make(chan arrival, 1024), closed: make(chan struct{})}
	go s.pump(by)
	return s
}

// pump reads continuously, so that bytes that arrive together are delayed together.
func (s *delayedConn) pump(by time.Duration) {
	for {
		p := make([]byte, 16<<10)
		n, err := s.Conn.Read(p) // from TCP: bytes or an error
		select {
		case s.arrivals <- arrival{p[:n], err, time.Now().Add(by)}:
		case <-s.closed:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements net.Conn. Deadlines are delayed like the data.
func (s *delayedConn) Read(p []byte) (int, error) {
	if len(s.unread) == 0 {
		select {
		case a := <-s.arrivals:
			if err := s.wait(a); err != nil {
				return 0, err
			}
			s.unread = a.p
		case <-s.closed:
			return 0, net.ErrClosed
		}
	}
	n := copy(p, s.unread)
	s.unread = s.unread[n:]
	return n, nil
}

// wait waits until a is due and returns its error.
func (s *delayedConn) wait(a arrival) error {
	select {
	case <-time.After(time.Until(a.at)):
	case <-s.closed:
		return net.ErrClosed
	}
	return a.err
}

func (s *delayedConn) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.Conn.Close()
}
