package httpwire

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto/http2"
)

// A SharedConn is an HTTP/2 connection for all streams of a driver. It connects for the first stream,
// and again once the connection accepts no more streams.
type SharedConn struct {
	target driver.Target
	sem    chan struct{} // guards conns and closed
	conns  []*http2.Conn // the last one is in use; others serve their streams to the end
	closed bool
}

// NewSharedConn returns a SharedConn. It does not connect yet.
func NewSharedConn(t driver.Target) *SharedConn {
	return &SharedConn{target: t, sem: make(chan struct{}, 1)}
}

// Get returns the connection and connects if necessary.
func (c *SharedConn) Get(ctx context.Context) (*http2.Conn, error) {
	select {
	case c.sem <- struct{}{}:
		defer func() { <-c.sem }()
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
	c.conns = append(slices.DeleteFunc(c.conns, closeEnded), h)
	return h, nil
}

// closeEnded reports whether h has ended. Others may still have streams.
func closeEnded(h *http2.Conn) bool {
	if h.Ended() {
		_ = h.Close()
		return true
	}
	return false
}

func (c *SharedConn) dial(ctx context.Context) (*http2.Conn, error) {
	nc, err := c.target.Connect(ctx, "h2")
	if err != nil && strings.HasSuffix(err.Error(), "tls: no application protocol") {
		return nil, ErrNoHTTP2
	}
	if err != nil {
		return nil, err
	}
	if t, ok := nc.(*tls.Conn); ok && !c.agreed(t.ConnectionState().NegotiatedProtocol) {
		_ = nc.Close()
		return nil, ErrNoHTTP2
	}
	h, err := http2.NewConn(ctx, nc)
	switch {
	case err != nil && driver.Class(err) == "not HTTP/2":
		return nil, fmt.Errorf("%w: %w", driver.ErrRefused, err)
	case err != nil:
		return nil, err
	}
	if limit, limited := h.StreamLimit(); limited && limit == 0 { // a stream would wait forever
		_ = h.Close()
		return nil, driver.ErrNoStreams
	}
	c.ping(h)
	return h, nil
}

// ping pings on h while it receives nothing.
func (c *SharedConn) ping(h *http2.Conn) {
	last, _ := h.Activity()
	busy := func() bool {
		frames, streams := h.Activity()
		active := frames != last
		last = frames
		return active || streams == 0 && !c.target.Ping.Idle
	}
	if p := c.target.Ping.Start(h.Ping, busy, func() { h.End(driver.ErrPing) }); p != nil {
		h.OnPong(p.Answered)
	}
}

// agreed reports whether a handshake that agreed on a protocol allows HTTP/2.
func (c *SharedConn) agreed(protocol string) bool {
	return protocol == "h2" || protocol == "" && c.target.OptionalALPN
}

// Sample returns the start of the body of a response without messages. A server that takes long to send it
// is not waited for.
func Sample(st *http2.Stream) []byte {
	defer time.AfterFunc(SampleTimeout, func() { _ = st.Close() }).Stop()
	b, _ := st.Body(MaxSample)
	return b
}

// ErrNoHTTP2 is returned by Get if the TLS handshake does not negotiate HTTP/2.
var ErrNoHTTP2 = driver.Refuse("no HTTP/2 (ALPN)", driver.NoHTTP2)

// Close ends all streams and closes the connections.
func (c *SharedConn) Close() error {
	c.sem <- struct{}{}
	defer func() { <-c.sem }()
	c.closed = true
	for _, h := range c.conns {
		_ = h.Close()
	}
	c.conns = nil
	return nil
}
