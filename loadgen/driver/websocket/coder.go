package websocket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// NewCoder returns a driver that uses coder/websocket.
func NewCoder(t driver.Target) driver.Driver { return library{t, dialCoder} }

func dialCoder(ctx context.Context, t driver.Target, o options) (socket, error) {
	var nc net.Conn
	by := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (_ net.Conn, err error) {
		nc, err = t.DialTCP(ctx)
		return nc, err
	}}
	if t.TLS != nil {
		by.TLSClientConfig = t.TLSConfig("http/1.1")
	}
	defer by.CloseIdleConnections()
	c, resp, err := websocket.Dial(ctx, o.url, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: by}, HTTPHeader: o.header, Host: o.host, Subprotocols: o.subprotocols,
	})
	switch {
	case err != nil && resp != nil && resp.StatusCode != http.StatusSwitchingProtocols:
		return nil, refused(resp.StatusCode, resp.Body, resp.Header.Get("Retry-After"))
	case err != nil:
		return nil, err
	}
	o.kept.NoteAll(resp.Header)
	c.SetReadLimit(int64(o.limit))
	return coderSocket{c, nc}, nil
}

type coderSocket struct {
	*websocket.Conn
	nc net.Conn
}

func (s coderSocket) subprotocol() string { return s.Subprotocol() }

func (s coderSocket) read() ([]byte, error) {
	_, p, err := s.Read(context.Background())
	var end websocket.CloseError
	switch {
	case errors.As(err, &end):
		err = closed(int(end.Code), end.Reason)
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF // without a close frame
	case errors.Is(err, websocket.ErrMessageTooBig):
		err = framing.ErrTooLong
	}
	return p, err
}

func (s coderSocket) write(p []byte, text bool) error {
	t := websocket.MessageBinary
	if text {
		t = websocket.MessageText
	}
	return s.Write(context.Background(), t, p)
}

// pings implements socket. The library's Ping waits for the pong.
func (s coderSocket) pings(pong func()) func() error {
	return func() error {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), longestPing)
			defer cancel()
			if s.Ping(ctx) == nil {
				pong()
			}
		}()
		return nil
	}
}

// longestPing bounds a Ping; the connection is closed before.
const longestPing = time.Minute

func (s coderSocket) closeSend(code int) error {
	return s.Conn.Close(websocket.StatusCode(code), "")
}

// Close implements socket. CloseNow alone would wait for a close handshake.
func (s coderSocket) Close() error {
	_ = s.nc.Close()
	return s.CloseNow()
}
