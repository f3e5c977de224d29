package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// connService serves a protocol that owns its TCP connections. handle opens a connection
// and returns the function that serves it. serve runs on a new goroutine, whose stack has
// not grown during opening. It is nil if the connection has ended or a loop drives it.
type connService struct {
	listener net.Listener
	cfg      Config
	handle   func(net.Conn) (serve func())

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	ended bool
	wg    sync.WaitGroup
}

// serveConns serves the connections of l until stop.
func (s *Server) serveConns(l net.Listener, handle func(net.Conn) (serve func())) (stop func()) {
	c := &connService{listener: l, cfg: s.cfg, handle: handle, conns: map[net.Conn]struct{}{}}
	c.wg.Go(c.accept)
	return c.stop
}

func (c *connService) accept() {
	for {
		nc, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors: waiting connections may be served later
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if c.add(nc) {
			c.wg.Go(func() { c.open(nc) })
		}
	}
}

func (c *connService) open(nc net.Conn) {
	var serve func()
	if t, ok := nc.(*tls.Conn); !ok || c.handshake(t) {
		serve = c.handle(nc)
	}
	if serve == nil {
		c.remove(nc)
		return
	}
	c.wg.Go(func() {
		serve()
		c.remove(nc)
	})
}

func (c *connService) handshake(t *tls.Conn) bool {
	ctx, cancel := context.WithTimeout(context.Background(), c.cfg.HandshakeTimeout)
	defer cancel()
	return t.HandshakeContext(ctx) == nil
}

// add registers nc. It closes nc and returns false if the service has ended.
func (c *connService) add(nc net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		_ = nc.Close()
		return false
	}
	c.conns[nc] = struct{}{}
	return true
}

func (c *connService) remove(nc net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, nc)
	_ = nc.Close()
}

func (c *connService) stop() {
	_ = c.listener.Close()
	c.mu.Lock()
	c.ended = true
	for nc := range c.conns {
		_ = nc.Close()
	}
	c.mu.Unlock()
	c.wg.Wait()
}
