package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// A tap dials connections and looks at what they carry: payload of TCP, what TCP
// itself adds left out. Its methods may be called from any goroutine.
type tap struct {
	late time.Duration // by which what comes down is held up

	mu     sync.Mutex
	conns  []*tapped
	asking bool // the last bytes on any connection went up
	turns  int
}

// carried is what went over one connection, or all.
type carried struct{ up, down int64 }

func (c carried) minus(b carried) carried { return carried{c.up - b.up, c.down - b.down} }

// A tapped connection is counted by its tap, whose lock guards all but the Conn.
type tapped struct {
	net.Conn
	tap                *tap
	carried            carried
	firstUp, firstDown []byte
}

// firstBytes is how much of each way is kept for the account.
const firstBytes = 96

// dial is for a driver's Target.
func (t *tap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if t.late > 0 {
		nc = slowed(nc, t.late)
	}
	c := &tapped{Conn: nc, tap: t}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns = append(t.conns, c)
	return c, nil
}

// Write implements net.Conn. It counts before it writes: the answer may be read before
// Write returns.
func (c *tapped) Write(p []byte) (int, error) {
	c.tap.wrote(c, p)
	return c.Conn.Write(p)
}

// Read implements net.Conn.
func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tap.read(c, p[:n])
	return n, err
}

// CloseWrite half-closes, which the embedded interface would hide.
func (c *tapped) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

func (t *tap) wrote(c *tapped, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asking = true
	c.carried.up += int64(len(p))
	c.firstUp = keep(c.firstUp, p)
}

func (t *tap) read(c *tapped, p []byte) {
	if len(p) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asking {
		t.turns++
	}
	t.asking = false
	c.carried.down += int64(len(p))
	c.firstDown = keep(c.firstDown, p)
}

func keep(first, p []byte) []byte {
	return append(first, p[:min(len(p), firstBytes-len(first))]...)
}

// connections is how many were dialed.
func (t *tap) connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.conns)
}

// each is what every connection has carried so far, in the order they were dialed.
func (t *tap) each() []carried {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]carried, len(t.conns))
	for i, c := range t.conns {
		all[i] = c.carried
	}
	return all
}

// total is what all have carried so far, and how often the wire turned: bytes came down
// after bytes had gone up.
func (t *tap) total() (sum carried, turns int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conns {
		sum.up += c.carried.up
		sum.down += c.carried.down
	}
	return sum, t.turns
}

// logTo puts the connections into the account.
func (t *tap) logTo(n *Notes) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, c := range t.conns {
		n.Logf("  connection %d of %d, %s to %s: %d bytes up, %d down", i+1, len(t.conns), c.LocalAddr(), c.RemoteAddr(), c.carried.up, c.carried.down)
		n.Logf("    first up   %q", c.firstUp)
		n.Logf("    first down %q", c.firstDown)
	}
}

// An echo is a stream of which the server returns each message, on connections that
// are tapped.
type echo struct {
	driver.Stream
	tap *tap
	end func()
}

// openEcho opens one in cleartext. It breaks when ctx ends; end must be called.
func openEcho(ctx context.Context, s Servers, protocol string) (*echo, error) {
	return openEchoBy(ctx, s, protocol, new(tap))
}

func openEchoBy(ctx context.Context, s Servers, protocol string, t *tap) (*echo, error) {
	to, err := address(s.Plain, protocol)
	if err != nil {
		return nil, err
	}
	d, err := driver.New(protocol, driver.Target{Address: to, Dial: t.dial})
	if err != nil {
		return nil, err
	}
	st, err := d.Open(ctx, proto.Call{Pattern: proto.Echo})
	if err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("opening a stream: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	return &echo{st, t, func() {
		stop()
		_, _ = st.Close(), d.Close()
	}}, nil
}
