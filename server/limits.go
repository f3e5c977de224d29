package server

import (
	"cmp"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"rtbench/proto"
)

// withDefaults returns the configuration with the defaults of limits.
func (cfg Config) withDefaults() Config {
	cfg.MaxConnections = cmp.Or(max(0, cfg.MaxConnections), 100_000)
	cfg.MaxStreams = cmp.Or(max(0, cfg.MaxStreams), proto.DefaultStreams)
	cfg.MaxHeader = cmp.Or(max(0, cfg.MaxHeader), 16<<10)
	cfg.HandshakeTimeout = cmp.Or(max(0, cfg.HandshakeTimeout), 10*time.Second)
	return cfg
}

// streamCount counts the streams of a protocol up to a limit.
type streamCount struct {
	limit int64
	open  atomic.Int64
}

// add counts a stream, which must call done at its end. It returns false at the limit.
func (c *streamCount) add() bool {
	if c.open.Add(1) <= c.limit {
		return true
	}
	c.open.Add(-1)
	return false
}

func (c *streamCount) done() { c.open.Add(-1) }

// limitReason explains a refused stream.
func (c *streamCount) limitReason() string {
	return fmt.Sprintf("the server's stream limit is reached (%d; --max-streams)", c.limit)
}

// limited returns l with a limit on concurrent connections; more are closed on arrival.
// It is for libraries that own their connections; connService counts its own.
func (s *Server) limited(l net.Listener) net.Listener {
	return &limitedListener{Listener: l, limit: int64(s.cfg.MaxConnections)}
}

type limitedListener struct {
	net.Listener
	limit int64
	open  atomic.Int64
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			return &limitedConn{Conn: nc, open: &l.open}, nil
		}
		l.open.Add(-1)
		_ = nc.Close()
	}
}

// limitedConn is counted until its first Close.
type limitedConn struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
}

func (c *limitedConn) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}
