package eventloop

import (
	"net"
	"sync/atomic"
)

// Traffic counts the bytes of connections. The zero value is ready to use; its methods
// may be called from any goroutine.
type Traffic struct{ Read, Written atomic.Uint64 }

// Count returns nc with its bytes counted in t, whether a goroutine or a Loop reads and
// writes it.
func (t *Traffic) Count(nc net.Conn) net.Conn { return &countedConn{nc, t} }

type countedConn struct {
	net.Conn
	traffic *Traffic
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.traffic.Read.Add(uint64(n))
	return n, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.traffic.Written.Add(uint64(n))
	return n, err
}

// CloseWrite closes the sending direction; the embedded interface would hide it.
func (c *countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// NetConn returns the connection that is counted.
func (c *countedConn) NetConn() net.Conn { return c.Conn }

// uncount returns the connection inside nc and its counters.
func uncount(nc net.Conn) (net.Conn, *Traffic) {
	if c, ok := nc.(*countedConn); ok {
		return c.Conn, c.traffic
	}
	return nc, new(Traffic)
}
