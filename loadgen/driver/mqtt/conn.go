package mqtt

import (
	"net"
	"sync"
)

// A conn writes each packet at once. The library writes the parts of a packet one by one, between Lock and Unlock;
// only a *net.TCPConn would join them, and each part would be a segment, or a record of TLS.
type conn struct {
	net.Conn
	mu     sync.Mutex
	packet []byte
	err    error // of the first write that failed

	first [4]byte // received
	got   int     // bytes of first
}

// keptBuffer is the longest buffer for packets that is kept, in bytes.
const keptBuffer = 64 << 10

// Lock begins a packet.
func (c *conn) Lock() { c.mu.Lock() }

// Write appends to the packet that Lock has begun. It returns no error, nor does Unlock: after one the library would
// close the connection, whose last message from the server, the reason, may still be unread.
func (c *conn) Write(p []byte) (int, error) {
	if c.err == nil {
		c.packet = append(c.packet, p...)
	}
	return len(p), nil
}

// Unlock writes the packet, unless one before has failed.
func (c *conn) Unlock() {
	if c.err == nil && len(c.packet) > 0 {
		_, c.err = c.Conn.Write(c.packet)
	}
	if c.packet = c.packet[:0]; cap(c.packet) > keptBuffer {
		c.packet = nil
	}
	c.mu.Unlock()
}

// failed returns the error of the first write that failed.
func (c *conn) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.got < len(c.first) {
		c.got += copy(c.first[c.got:], p[:n])
	}
	return n, err
}

// head returns the first bytes received, up to four. It is not called during Read.
func (c *conn) head() []byte { return c.first[:c.got] }
