package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// connService serves a protocol that owns its TCP connections. handle opens one and
// returns what serves it, for a goroutine of its own whose stack has not grown by the
// opening; nil when it has ended or a loop drives it.
type connService struct {
	listener net.Listener
	limits   limits
	handle   func(net.Conn, *connSlot) (serve func())

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	driven int // connections that loops have taken over
	ended  bool
	wg     sync.WaitGroup
}

// A connSlot is what a connection takes of its service's limit. A loop closes its
// connections itself, so that the stream's end gives their places back.
type connSlot struct {
	service *connService
	nc      net.Conn
	driven  bool
}

// drive says that a loop has the connection from now on, until leave: in one step, since
// its client may be answered, and others come, before the service hears that it has
// handed it over.
func (p *connSlot) handOver() {
	p.driven = true
	p.service.mu.Lock()
	defer p.service.mu.Unlock()
	delete(p.service.conns, p.nc)
	p.service.driven++
}

// leave is called once, of a driven connection that has ended.
func (p *connSlot) release() {
	p.service.mu.Lock()
	defer p.service.mu.Unlock()
	p.service.driven--
}

func (s *Server) newConnService(l net.Listener, handle func(net.Conn, *connSlot) (serve func())) *connService {
	c := &connService{listener: l, limits: s.limits, handle: handle, conns: map[net.Conn]struct{}{}}
	c.wg.Go(c.accept)
	return c
}

func (c *connService) accept() {
	for {
		nc, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors: those that wait may be served later
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
		serve = c.handle(nc, &connSlot{service: c, nc: nc})
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
	ctx, cancel := context.WithTimeout(context.Background(), c.limits.handshake)
	defer cancel()
	return t.HandshakeContext(ctx) == nil
}

// add closes nc and returns false where the service has ended or is full.
func (c *connService) add(nc net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || len(c.conns)+c.driven >= c.limits.connections {
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
