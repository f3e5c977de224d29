package loadgen

import (
	"context"
	"net"
	"sync"
	"sync/atomic"

	"rtbench/report/result"
)

// A dialer makes connections that count their bytes, each for itself, so that
// counting costs no shared cache line.
type dialer struct {
	mu    sync.Mutex
	conns []*countedConn
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &countedConn{Conn: nc}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns = append(d.conns, c)
	return c, nil
}

// total is what all connections have carried so far.
func (d *dialer) total() result.Wire {
	d.mu.Lock()
	defer d.mu.Unlock()
	var w result.Wire
	for _, c := range d.conns {
		w.SentBytes += c.sent.Load()
		w.ReceivedBytes += c.received.Load()
	}
	return w
}

type countedConn struct {
	net.Conn
	sent, received atomic.Uint64
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(uint64(n))
	return n, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(uint64(n))
	return n, err
}

// CloseWrite half-closes, which the embedded interface would hide.
func (c *countedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
