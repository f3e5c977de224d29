package websocket

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/loadgen/driver"
)

// NewGobwas returns a driver that uses gobwas/ws and its helpers in wsutil.
func NewGobwas(t driver.Target) driver.Driver { return library{t, dialGobwas} }

func dialGobwas(ctx context.Context, t driver.Target, o options) (socket, error) {
	wsutil.SetMaxMessageSize(int64(o.limit))
	var refusal error
	d := ws.Dialer{
		Host: o.host, Header: ws.HandshakeHeaderHTTP(o.header), Protocols: o.subprotocols,
		NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) { return t.DialTCP(ctx) },
		OnStatusError: func(status int, _ []byte, in io.Reader) {
			if resp, err := http.ReadResponse(bufio.NewReader(in), nil); err == nil {
				refusal = refused(status, resp.Body, resp.Header.Get("Retry-After"))
				_ = resp.Body.Close()
			}
		},
	}
	if t.TLS != nil {
		d.TLSConfig = t.TLSConfig("http/1.1")
	}
	nc, early, shake, err := d.Dial(ctx, o.url)
	switch {
	case refusal != nil:
		return nil, refusal
	case err != nil:
		return nil, err
	}
	s := &gobwasSocket{Conn: nc, in: nc, protocol: shake.Protocol}
	if early != nil { // frames that came with the handshake
		s.in = struct {
			io.Reader
			io.Writer
		}{early, nc}
	}
	return s, nil
}

type gobwasSocket struct {
	net.Conn
	in       io.ReadWriter
	protocol string
}

func (s *gobwasSocket) subprotocol() string { return s.protocol }

func (s *gobwasSocket) read() ([]byte, bool, error) {
	p, op, err := wsutil.ReadServerData(s.in)
	var closed wsutil.ClosedError
	switch {
	case errors.As(err, &closed) && (closed.Code == ws.StatusNormalClosure || closed.Code == ws.StatusNoStatusRcvd):
		err = io.EOF
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF // without a close frame
	}
	return p, op == ws.OpText, err
}

func (s *gobwasSocket) write(p []byte, text bool) error {
	if text {
		return wsutil.WriteClientText(s, p)
	}
	return wsutil.WriteClientBinary(s, p)
}

func (s *gobwasSocket) closeSend(code int) error {
	return wsutil.WriteClientMessage(s, ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), ""))
}
