package server

import (
	"cmp"
	"net"
	"sync/atomic"
	"time"
)

// What a Config that says nothing has.
const (
	defaultConnections = 100_000
	defaultHeader      = 16 << 10
	defaultHandshake   = 10 * time.Second
)

// streamsPerConnection is the most that one connection of HTTP/2 carries: more than
// net/http's 250, above which further streams wait without a word, and fewer than the
// four billion of grpc-go.
const streamsPerConnection = 100_000

// limits are the bounds of what comes before a stream, from the Config.
type limits struct {
	connections int
	header      int
	handshake   time.Duration
}

func (cfg Config) limits() limits {
	return limits{
		connections: cmp.Or(max(0, cfg.MaxConnections), defaultConnections),
		header:      cmp.Or(max(0, cfg.MaxHeader), defaultHeader),
		handshake:   cmp.Or(max(0, cfg.HandshakeTimeout), defaultHandshake),
	}
}

// limited returns l with no more than the server's limit of connections at once: what
// comes beyond is closed, and who is there does not notice. It is for the libraries that
// own their connections; a connService counts its own.
func (s *Server) limited(l net.Listener) net.Listener {
	return &limitedListener{Listener: l, most: int64(s.limits.connections)}
}

type limitedListener struct {
	net.Listener
	most int64
	open atomic.Int64
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.most {
			return &limitedConn{Conn: nc, open: &l.open}, nil
		}
		l.open.Add(-1)
		_ = nc.Close()
	}
}

// limitedConn gives its place back when it is closed, however often that is.
type limitedConn struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}
