package probe

import (
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// A Proxy is a TCP proxy that can break its connections and delay the server's bytes. It forwards each
// connection made to its Address until Cut or Close. Its methods are safe for concurrent use.
type Proxy struct {
	listener net.Listener
	to       string
	delay    time.Duration

	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	accepted int
	ended    bool
	wg       sync.WaitGroup
}

// NewProxy forwards connections from a free port of 127.0.0.1 to an address. It delays what the server
// sends, which may be 0.
func NewProxy(to string, delay time.Duration) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for connections to a proxy: %w", err)
	}
	c := &Proxy{listener: l, to: to, delay: delay, conns: map[net.Conn]struct{}{}}
	c.wg.Go(c.accept)
	return c, nil
}

// Address returns the proxy's address as host:port.
func (c *Proxy) Address() string { return c.listener.Addr().String() }

// Accepted returns the number of connections accepted so far, including those whose upstream
// dial failed.
func (c *Proxy) Accepted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.accepted
}

// Cut resets all current connections and returns their number. New ones are forwarded as
// before.
func (c *Proxy) Cut() int {
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
func (c *Proxy) Close() {
	_ = c.listener.Close()
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.Cut()
	c.wg.Wait()
}

func (c *Proxy) accept() {
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
		c.wg.Go(func() { c.forward(near, far, 0) })
		c.wg.Go(func() { c.forward(far, near, c.delay) })
	}
}

func (c *Proxy) add(near, far net.Conn) bool {
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
func (c *Proxy) forward(from, to net.Conn, delay time.Duration) {
	if delay > 0 {
		copyLate(to, from, delay)
	} else {
		_, _ = io.Copy(to, from)
	}
	_, _ = from.Close(), to.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, from)
	delete(c.conns, to)
}

// copyLate copies bytes as if they came from far away. The delay is a latency, not a rate limit: bytes
// that arrive together are delayed together.
func copyLate(to, from net.Conn, delay time.Duration) {
	type arrival struct {
		p   []byte
		due time.Time
	}
	arrivals := make(chan arrival, 1024)
	go func() {
		defer close(arrivals)
		for {
			p := make([]byte, 16<<10)
			n, err := from.Read(p) // from TCP: bytes or an error
			if err != nil {
				return
			}
			arrivals <- arrival{p[:n], time.Now().Add(delay)}
		}
	}()
	for a := range arrivals {
		time.Sleep(time.Until(a.due))
		if _, err := to.Write(a.p); err != nil {
			_ = from.Close() // ends the other goroutine
		}
	}
}
