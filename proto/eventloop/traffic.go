package eventloop

import (
	"net"
	"sync/atomic"
)

// Traffic counts the bytes of connections. The zero value is ready to use. Count may be
// called from any goroutine.
type Traffic struct {
	Read, Written atomic.Uint64

	// Of one connection only, if receipts are sampled.
	receipts *Receipts
	reads    uint32 // owned by the reading goroutine
}

// SampleReceipts makes reads of nc, the only connection that t counts, report to f. Call it
// before Count. Without kernel support, as on systems other than Linux, it does nothing and
// returns false.
func (t *Traffic) SampleReceipts(nc net.Conn, f *Receipts) bool {
	if !stampReceipts(nc) {
		return false
	}
	t.receipts, t.reads = f, f.connections.Add(1)
	return true
}

// timed reports whether the next read is to be timed.
func (t *Traffic) timed() bool { return t.receipts != nil && t.reads%receiptEvery == 0 }

// countRead counts a read of n bytes. A read that found nothing does not count, or it could
// be the one that is timed again and again.
func (t *Traffic) countRead(n int) {
	t.Read.Add(uint64(n))
	if t.receipts != nil {
		t.reads++
	}
}

// Count returns nc with its bytes counted in t, whether a goroutine or a Loop reads and
// writes it.
func (t *Traffic) Count(nc net.Conn) net.Conn { return &countedConn{Conn: nc, traffic: t} }

type countedConn struct {
	net.Conn
	traffic *Traffic
	timed   *timedReader // made at the first timed read
}

func (c *countedConn) Read(p []byte) (n int, err error) {
	if len(p) > 0 && c.traffic.timed() {
		if c.timed == nil {
			c.timed = newTimedReader(c.Conn, c.traffic.receipts)
		}
		n, err = c.timed.Read(p)
	} else {
		n, err = c.Conn.Read(p)
	}
	c.traffic.countRead(n)
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
