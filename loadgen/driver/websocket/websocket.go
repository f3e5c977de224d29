// Package websocket is the client of WebSocket: one connection per stream (RFC 6455), or a stream of
// one HTTP/2 connection (RFC 8441).
package websocket

import (
	"context"
	"net/url"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/deflate"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// client refuses redirects, so that opening a stream is always one handshake.
type client struct{ target driver.Target }

// New returns a driver that uses rtbench's framing.
func New(t driver.Target) driver.Driver { return client{t} }

// Reference returns the endpoint of a call to a reference server, which reads it from the query. An empty
// message ends the client's messages, since libraries cannot receive after a close frame.
func Reference(address string, secure bool, c proto.Call) *driver.Endpoint {
	return &driver.Endpoint{URL: driver.NewURL("ws", secure, address, proto.BenchPath, c.Encode()), Binary: !c.Text, EmptyEnd: true}
}

func (d client) Close() error { return nil }

func (d client) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	r, err := upgradeRequest(ctx, e)
	if err != nil {
		return nil, err
	}
	h := newHandshake(r, e)
	nc, err := d.target.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, err
	}
	if err := driver.Handshake(ctx, nc, func() error { return h.perform(ctx, nc) }); err != nil {
		return nil, err
	}
	s := &stream{frames: clientFraming(e, h.agreed)}
	s.conn.Init(nc, &s.frames, h.buffered)
	s.Stream = driver.Stream{Conn: &s.conn, Loop: &s.conn, Writable: &s.conn, Codes: s, Negotiated: h.negotiated(), Header: h.kept.Header()}
	pings := d.target.Ping.Start(func() error { return s.conn.SendEncoded(s.frames.AppendPing(nil)) }, nil, func() { _ = s.conn.Close() })
	if pings != nil {
		s.frames.Pong = pings.Answered
	}
	return pings.Wrap(&s.Stream), nil
}

// A stream is one object, since thousands may be open: apart, its parts would lie among those of handshakes, and leave
// holes in between.
type stream struct {
	driver.Stream
	conn   eventloop.Conn
	frames framing.WebSocket
}

// CloseWith implements driver.CodeCloser.
func (s *stream) CloseWith(code int) error { return s.conn.CloseWith(s.frames.AppendClose(nil, code)) }

// clientFraming returns the framing of a client with the parameters of compression, if any.
func clientFraming(e *driver.Endpoint, agreed *deflate.Params) framing.WebSocket {
	frames := framing.WebSocket{Client: true, Text: !e.Binary, Limit: e.Limit, Fragment: e.Fragment, Deflate: agreed}
	if e.EmptyEnd {
		frames.EmptyEnd = framing.OtherType(!e.Binary)
	}
	return frames
}

// upgradeRequest returns the request of the handshake.
func upgradeRequest(ctx context.Context, e *driver.Endpoint) (httpwire.Request, error) {
	upgraded := *e
	upgraded.URL = toHTTP(e.URL)
	return httpwire.NewRequest(ctx, &upgraded)
}

// toHTTP returns the URL of the handshake for a WebSocket URL.
func toHTTP(u *url.URL) *url.URL {
	h := *u
	switch h.Scheme {
	case "ws":
		h.Scheme = "http"
	case "wss":
		h.Scheme = "https"
	}
	return &h
}
