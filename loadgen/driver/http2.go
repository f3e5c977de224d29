package driver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"rtbench/proto/wire"
)

// http2Client is a driver's connection of HTTP/2: made when the first stream is
// opened, and anew when it takes no more.
type http2Client struct {
	target Target
	turn   chan struct{} // holds the right to what follows
	conns  []*wire.HTTP2 // the last is the one in use
	closed bool
}

func newHTTP2Client(t Target) *http2Client {
	return &http2Client{target: t, turn: make(chan struct{}, 1)}
}

// conn returns the connection.
func (c *http2Client) conn(ctx context.Context) (*wire.HTTP2, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.closed {
		return nil, net.ErrClosed
	}
	if n := len(c.conns); n > 0 && c.conns[n-1].Usable() {
		return c.conns[n-1], nil
	}
	h, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	c.conns = append(c.conns, h)
	return h, nil
}

func (c *http2Client) dial(ctx context.Context) (*wire.HTTP2, error) {
	nc, err := c.target.connect(ctx, "h2")
	if err != nil {
		return nil, err
	}
	if t, ok := nc.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol != "h2" {
		_ = nc.Close()
		return nil, errors.New("the server does not speak HTTP/2 (ALPN)")
	}
	return wire.NewHTTP2(ctx, nc)
}

// header is that of a request, with what more it has.
func (c *http2Client) header(method, path string, more ...string) wire.Header {
	h := make(wire.Header, 4, 4+len(more)/2)
	h[0].Name, h[0].Value = ":method", method
	h[1].Name, h[1].Value = ":scheme", "http"
	h[2].Name, h[2].Value = ":authority", c.target.Address
	h[3].Name, h[3].Value = ":path", path
	if c.target.TLS != nil {
		h[1].Value = "https"
	}
	for i := 0; i < len(more); i += 2 {
		h = append(h, h[0])
		h[len(h)-1].Name, h[len(h)-1].Value = more[i], more[i+1]
	}
	return h
}

// close ends the streams and the connection.
func (c *http2Client) close() error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.closed = true
	for _, h := range c.conns {
		_ = h.Close()
	}
	c.conns = nil
	return nil
}
