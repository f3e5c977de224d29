package server

import (
	"cmp"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"rtbench/proto"
)

// WithDefaults returns the configuration with the defaults of limits that are 0.
func (cfg Config) WithDefaults() Config {
	cfg.Stack = cmp.Or(cfg.Stack, proto.Stock)
	cfg.MaxConnections = cmp.Or(max(0, cfg.MaxConnections), 100_000)
	cfg.MaxStreams = cmp.Or(max(0, cfg.MaxStreams), proto.DefaultStreams)
	cfg.MaxHeader = cmp.Or(max(0, cfg.MaxHeader), 16<<10)
	cfg.HandshakeTimeout = cmp.Or(max(0, cfg.HandshakeTimeout), 10*time.Second)
	cfg.Guide = cfg.Guide.WithDefaults()
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

// A listener counts the bytes of its connections and limits their number; more are closed on
// arrival.
type listener struct {
	net.Listener
	stats *stats
	limit int64
	open  atomic.Int64
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			tcp, _ := nc.(*net.TCPConn)
			return l.stats.stripe().bytes.Count(&limitedConn{TCPConn: tcp, open: &l.open}), nil
		}
		l.open.Add(-1)
		_ = nc.Close()
	}
}

// limitedConn is counted until its first Close.
type limitedConn struct {
	*net.TCPConn
	open   *atomic.Int64
	closed atomic.Bool
}

func (c *limitedConn) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.TCPConn.Close()
}

// handOver keeps a connection of a listener counted, although a loop takes over its socket and closes
// it. The caller decreases the returned count at the end. It is nil if the connection is closed.
func handOver(nc net.Conn) (open *atomic.Int64) {
	if outer, ok := nc.(interface{ NetConn() net.Conn }); ok {
		if c, ok := outer.NetConn().(*limitedConn); ok && !c.closed.Swap(true) {
			return c.open
		}
	}
	return nil
}
