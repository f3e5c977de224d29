package probe

import (
	"net"
	"sync"
	"time"
)

// A delayedConn connection has what its peer sent arrive late, each byte by the same time, as
// of a peer that is far away: a client that waits for an answer waits so much longer,
// and one that does not wait does not.
type delayedConn struct {
	net.Conn
	arrivals chan arrival
	closed   chan struct{}
	once     sync.Once
	unread   []byte // of the last arrival; Read's own
}

type arrival struct {
	p   []byte
	err error
	at  time.Time
}

// delayConn makes a connection slow, and owns it.
func delayConn(nc net.Conn, by time.Duration) *delayedConn {
	s := &delayedConn{Conn: nc, arrivals: make(chan arrival, 1024), closed: make(chan struct{})}
	go s.pump(by)
	return s
}

// pump reads until there is nothing more, so that what comes together is late together.
func (s *delayedConn) pump(by time.Duration) {
	for {
		p := make([]byte, 16<<10)
		n, err := s.Conn.Read(p) // of TCP: bytes or an error
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

// Read implements net.Conn. It heeds deadlines as late as everything else.
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

// wait waits until it has arrived, and returns its error.
func (s *delayedConn) wait(a arrival) error {
	select {
	case <-time.After(time.Until(a.at)):
	case <-s.closed:
		return net.ErrClosed
	}
	return a.err
}

// Close implements net.Conn.
func (s *delayedConn) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.Conn.Close()
}
