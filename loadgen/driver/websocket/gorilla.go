package websocket

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// NewGorilla returns a driver that uses gorilla/websocket.
func NewGorilla(t driver.Target) driver.Driver { return library{t, dialGorilla} }

func dialGorilla(ctx context.Context, t driver.Target, o options) (socket, error) {
	d := websocket.Dialer{
		Subprotocols:   o.subprotocols,
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return t.DialTCP(ctx) },
	}
	if t.TLS != nil {
		d.TLSClientConfig = t.TLSConfig("http/1.1")
	}
	o.header.Set("Host", o.host)
	c, resp, err := d.DialContext(ctx, o.url, o.header)
	switch {
	case errors.Is(err, websocket.ErrBadHandshake) && resp != nil:
		return nil, refused(resp.StatusCode, resp.Body, resp.Header.Get("Retry-After"))
	case err != nil:
		return nil, err
	}
	o.kept.NoteAll(resp.Header)
	c.SetReadLimit(int64(o.limit))
	return gorillaSocket{c}, nil
}

type gorillaSocket struct{ *websocket.Conn }

func (s gorillaSocket) subprotocol() string { return s.Subprotocol() }

func (s gorillaSocket) read() ([]byte, error) {
	_, p, err := s.ReadMessage()
	var end *websocket.CloseError
	switch {
	case errors.As(err, &end):
		err = closed(end.Code, end.Text)
	case errors.Is(err, websocket.ErrReadLimit):
		err = framing.ErrTooLong
	}
	return p, err
}

func (s gorillaSocket) write(p []byte, text bool) error {
	if text {
		return s.WriteMessage(websocket.TextMessage, p)
	}
	return s.WriteMessage(websocket.BinaryMessage, p)
}

func (s gorillaSocket) pings(pong func()) func() error {
	s.SetPongHandler(func(string) error { pong(); return nil })
	return func() error { return s.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) }
}

func (s gorillaSocket) closeSend(code int) error {
	return s.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
}
