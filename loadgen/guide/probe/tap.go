package probe

import (
	"context"
	"errors"
	"net"
	"sync"
)

// A tap dials connections and counts their TCP payload bytes. Its methods are safe for
// concurrent use.
type tap struct {
	mu          sync.Mutex
	conns       []*tappedConn
	lastUp      bool // the last bytes on any connection were sent by the client
	turnarounds int
}

// A byteCount counts bytes sent by the client (up) and by the server (down).
type byteCount struct{ up, down int64 }

func (c byteCount) minus(b byteCount) byteCount { return byteCount{c.up - b.up, c.down - b.down} }

// A tappedConn counts its bytes. The tap's mutex guards all fields except Conn.
type tappedConn struct {
	net.Conn
	tap                *tap
	bytes              byteCount
	firstUp, firstDown []byte
}

// maxFirstBytes is how many of the first bytes in each direction go into the log.
const maxFirstBytes = 96

// dial can be used as a driver's Target.Dial.
func (t *tap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &tappedConn{Conn: nc, tap: t}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns = append(t.conns, c)
	return c, nil
}

// Write implements net.Conn. It counts before it writes because the reply may arrive before
// Write returns.
func (c *tappedConn) Write(p []byte) (int, error) {
	c.tap.wrote(c, p)
	return c.Conn.Write(p)
}

func (c *tappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tap.read(c, p[:n])
	return n, err
}

// CloseWrite makes the half-close of the embedded Conn available.
func (c *tappedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

func (t *tap) wrote(c *tappedConn, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lastUp = true
	c.bytes.up += int64(len(p))
	c.firstUp = appendFirst(c.firstUp, p)
}

func (t *tap) read(c *tappedConn, p []byte) {
	if len(p) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lastUp {
		t.turnarounds++
	}
	t.lastUp = false
	c.bytes.down += int64(len(p))
	c.firstDown = appendFirst(c.firstDown, p)
}

func appendFirst(first, p []byte) []byte {
	return append(first, p[:min(len(p), maxFirstBytes-len(first))]...)
}

// counts returns the bytes of each connection so far, in dialing order, and how often server bytes
// followed client bytes.
func (t *tap) counts() (conns []byteCount, turnarounds int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conns {
		conns = append(conns, c.bytes)
	}
	return conns, t.turnarounds
}

// total returns the bytes of all connections so far.
func (t *tap) total() byteCount {
	conns, _ := t.counts()
	return sum(conns)
}

func sum(conns []byteCount) (total byteCount) {
	for _, c := range conns {
		total.up += c.up
		total.down += c.down
	}
	return total
}

// logTo logs all connections.
func (t *tap) logTo(n *Notes) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, c := range t.conns {
		n.Logf("  connection %d of %d, %s to %s: %d bytes up, %d down", i+1, len(t.conns), c.LocalAddr(), c.RemoteAddr(), c.bytes.up, c.bytes.down)
		n.Logf("    first up   %q", c.firstUp)
		n.Logf("    first down %q", c.firstDown)
	}
}
