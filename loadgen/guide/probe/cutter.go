package probe

import (
	"fmt"
	"io"
	"net"
	"sync"
)

// A Cutter is a TCP proxy that can break its connections. It forwards each connection made to
// its Address until Cut or Close. Its methods are safe for concurrent use.
type Cutter struct {
	listener net.Listener
	to       string

	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	accepted int
	ended    bool
	wg       sync.WaitGroup
}

// NewCutter forwards connections from a free port of 127.0.0.1 to an address.
func NewCutter(to string) (*Cutter, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for connections to cut: %w", err)
	}
	c := &Cutter{listener: l, to: to, conns: map[net.Conn]struct{}{}}
	c.wg.Go(c.accept)
	return c, nil
}

// Address returns the proxy's address as host:port.
func (c *Cutter) Address() string { return c.listener.Addr().String() }

// Accepted returns the number of connections accepted so far, including those whose upstream
// dial failed.
func (c *Cutter) Accepted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accepted
}

// Cut resets all current connections and returns their number. New ones are forwarded as
// before.
func (c *Cutter) Cut() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.conns) / 2
	for nc := range c.conns {
		if t, ok := nc.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // send a reset, as if the peer had crashed
		}
		_ = nc.Close()
	}
	clear(c.conns)
	return n
}

// Close resets all connections, stops accepting and waits until the goroutines have ended.
func (c *Cutter) Close() {
	_ = c.listener.Close()
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.Cut()
	c.wg.Wait()
}

func (c *Cutter) accept() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.mu.Lock()
		c.accepted++
		c.mu.Unlock()
		far, err := net.Dial("tcp", c.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		if !c.add(near, far) {
			return
		}
		c.wg.Go(func() { c.forward(near, far) })
		c.wg.Go(func() { c.forward(far, near) })
	}
}

func (c *Cutter) add(near, far net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		_, _ = near.Close(), far.Close()
		return false
	}
	c.conns[near], c.conns[far] = struct{}{}, struct{}{}
	return true
}

// forward copies one direction until it ends, then closes both connections.
func (c *Cutter) forward(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	_, _ = from.Close(), to.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, from)
	delete(c.conns, to)
}
