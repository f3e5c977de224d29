package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// connService serves a protocol that owns its TCP connections. handle opens a connection
// and returns the function that serves it. serve runs on a new goroutine, whose stack has
// not grown during opening. It is nil if the connection has ended or a loop drives it.
type connService struct {
	listener net.Listener
	cfg      Config
	handle   func(net.Conn) (serve func())
	open     openConns
	accepts  chan struct{} // closed when no more are accepted
}

// serveConns serves the connections of l until stop.
func (s *Server) serveConns(l net.Listener, handle func(net.Conn) (serve func())) (stop func()) {
	c := &connService{listener: l, cfg: s.cfg, handle: handle, accepts: make(chan struct{})}
	go c.accept()
	return c.stop
}

func (c *connService) accept() {
	defer close(c.accepts)
	for {
		nc, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors: waiting connections may be served later
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if c.open.add(nc) {
			go c.serve(nc)
		}
	}
}

func (c *connService) serve(nc net.Conn) {
	var serve func()
	if t, ok := nc.(*tls.Conn); !ok || c.handshake(t) {
		serve = c.handle(nc)
	}
	if serve == nil {
		c.open.remove(nc)
		return
	}
	go func() {
		serve()
		c.open.remove(nc)
	}()
}

func (c *connService) handshake(t *tls.Conn) bool {
	ctx, cancel := context.WithTimeout(context.Background(), c.cfg.HandshakeTimeout)
	defer cancel()
	return t.HandshakeContext(ctx) == nil
}

func (c *connService) stop() {
	_ = c.listener.Close()
	<-c.accepts
	c.open.close()
}
