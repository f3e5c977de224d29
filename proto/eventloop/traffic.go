package eventloop

import (
	"net"
	"sync/atomic"
)

// Traffic is the bytes that connections have carried. The zero value is ready to
// use, by any goroutine.
type Traffic struct{ Read, Written atomic.Uint64 }

// Count returns nc with its bytes counted in t, by whoever reads and writes it: a
// goroutine or a Loop.
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

// CloseWrite half-closes, which the embedded interface would hide.
func (c *countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// uncount returns the connection that nc counts, and where it counts it.
func uncount(nc net.Conn) (net.Conn, *Traffic) {
	if c, ok := nc.(*countedConn); ok {
		return c.Conn, c.traffic
	}
	return nc, new(Traffic)
}
