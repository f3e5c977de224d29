package websocket

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// NewGobwas returns a driver that uses gobwas/ws and its helpers in wsutil.
func NewGobwas(t driver.Target) driver.Driver { return library{t, dialGobwas} }

func dialGobwas(ctx context.Context, t driver.Target, o options) (socket, error) {
	wsutil.SetMaxMessageSize(int64(o.limit)) // of the process: all streams of a run have the same
	var refusal error
	d := ws.Dialer{
		Host: o.host, Header: ws.HandshakeHeaderHTTP(o.header), Protocols: o.subprotocols,
		OnHeader: func(name, value []byte) error {
			o.kept.Note(string(name), string(value))
			return nil
		},
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
		s.in = early
	}
	return s, nil
}

// A gobwasSocket is the io.ReadWriter of wsutil's readers, which also answer pings and close frames.
type gobwasSocket struct {
	net.Conn
	in       io.Reader
	protocol string
	sending  sync.Mutex // a message is two writes
}

func (s *gobwasSocket) subprotocol() string { return s.protocol }

func (s *gobwasSocket) Read(p []byte) (int, error) { return s.in.Read(p) }

// Write writes a whole frame.
func (s *gobwasSocket) Write(p []byte) (int, error) {
	s.sending.Lock()
	defer s.sending.Unlock()
	return s.Conn.Write(p)
}

func (s *gobwasSocket) read() ([]byte, error) {
	p, _, err := wsutil.ReadServerData(s)
	var end wsutil.ClosedError
	switch {
	case errors.As(err, &end):
		err = closed(int(end.Code), end.Reason)
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF // without a close frame
	case errors.Is(err, wsutil.ErrMessageTooLarge), errors.Is(err, wsutil.ErrFrameTooLarge):
		err = framing.ErrTooLong
	}
	return p, err
}

func (s *gobwasSocket) write(p []byte, text bool) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	if text {
		return wsutil.WriteClientText(s.Conn, p)
	}
	return wsutil.WriteClientBinary(s.Conn, p)
}

// pings implements socket. The helpers of the library do not report pongs.
func (s *gobwasSocket) pings(func()) func() error { return nil }

func (s *gobwasSocket) closeSend(code int) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	return wsutil.WriteClientMessage(s.Conn, ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), ""))
}
