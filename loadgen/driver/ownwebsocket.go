package driver

import (
	"context"
	"net/url"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// ownWebSocket opens a connection for each stream, by RFC 6455's handshake. A redirect is
// not followed, so that opening a stream is one handshake: it is refused, with the place it
// leads to.
type ownWebSocket struct{ target Target }

func newOwnWebSocket(t Target) Driver { return ownWebSocket{t} }

func (d ownWebSocket) Close() error { return nil }

// A CodeCloser is a Stream that can say why it ends.
type CodeCloser interface {
	Stream
	// CloseSendWith is CloseSend with a close code of RFC 6455, section 7.4.
	CloseSendWith(code int) error
}

// A Negotiated stream says what its server has chosen of what was offered.
type Negotiated interface {
	// Negotiated is empty where it chose nothing.
	Negotiated() string
}

// An ownWebSocketStream is Driven where its connection is bare.
type ownWebSocketStream struct {
	*eventloop.Conn
	framing *framing.WebSocket
	chosen  string
}

// CloseSendWith implements Closer.
func (s *ownWebSocketStream) CloseSendWith(code int) error {
	return s.CloseWith(s.framing.AppendClose(nil, code))
}

// Negotiated implements Negotiated.
func (s *ownWebSocketStream) Negotiated() string { return s.chosen }

// Open implements Driver.
func (d ownWebSocket) Open(ctx context.Context, _ proto.Call) (Stream, error) {
	e := *d.target.Endpoint
	e.URL = overHTTP(e.URL)
	r, err := NewRequest(ctx, &e)
	if err != nil {
		return nil, err
	}
	h := newHandshake(r, &e)
	nc, err := d.target.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, err
	}
	if err := Handshake(ctx, nc, func() error { return h.shake(ctx, nc) }); err != nil {
		return nil, err
	}
	framing := &framing.WebSocket{Client: true, Text: !e.Binary, Limit: e.Limit, Fragment: e.Fragment, Deflate: h.agreed}
	return &ownWebSocketStream{eventloop.NewConn(nc, framing, h.rest), framing, h.chosen()}, nil
}

// overHTTP is a URL of a WebSocket as that of its handshake.
func overHTTP(u *url.URL) *url.URL {
	h := *u
	switch h.Scheme {
	case "ws":
		h.Scheme = "http"
	case "wss":
		h.Scheme = "https"
	}
	return &h
}
