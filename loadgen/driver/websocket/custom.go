package websocket

import (
	"context"
	"net/url"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// custom refuses redirects, so that opening a stream is always one handshake.
type custom struct{ target driver.Target }

// NewCustom returns a driver for custom targets.
func NewCustom(t driver.Target) driver.Driver { return custom{t} }

func (d custom) Close() error { return nil }

type customStream struct {
	*eventloop.Conn
	framing    *framing.WebSocket
	negotiated string
}

func (s *customStream) CloseSendWith(code int) error {
	return s.CloseWith(s.framing.AppendClose(nil, code))
}

func (s *customStream) Negotiated() string { return s.negotiated }

func (d custom) Open(ctx context.Context, _ proto.Call) (driver.Stream, error) {
	e := *d.target.Endpoint
	e.URL = toHTTP(e.URL)
	r, err := httpwire.NewRequest(ctx, &e)
	if err != nil {
		return nil, err
	}
	h := newHandshake(r, &e)
	nc, err := d.target.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, err
	}
	if err := driver.Handshake(ctx, nc, func() error { return h.perform(ctx, nc) }); err != nil {
		return nil, err
	}
	framing := &framing.WebSocket{Client: true, Text: !e.Binary, Limit: e.Limit, Fragment: e.Fragment, Deflate: h.agreed}
	return &customStream{eventloop.NewConn(nc, framing, h.buffered), framing, h.negotiated()}, nil
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
