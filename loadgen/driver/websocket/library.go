package websocket

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// library opens WebSockets with a library, which has its own handshake.
type library struct {
	target driver.Target
	dial   func(context.Context, driver.Target, options) (socket, error)
}

// options configure a handshake.
type options struct {
	url          string
	host         string
	header       http.Header
	subprotocols []string
	limit        int // of messages, in bytes
	kept         *driver.Kept
}

// A socket is a connection of a library.
type socket interface {
	// read returns the next message: the error of closed after a close frame, framing.ErrTooLong for
	// messages over the limit.
	read() ([]byte, error)
	write(p []byte, text bool) error
	// closeSend sends a close frame with a code. It is not called during write.
	closeSend(code int) error
	// pings returns a function that sends a ping; pong is called for the answers. It returns nil if the library
	// does not report them.
	pings(pong func()) func() error
	subprotocol() string
	// Close closes the connection. Any goroutine may call it, more than once.
	Close() error
}

func (d library) Close() error { return nil }

func (d library) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	r, err := upgradeRequest(ctx, e)
	if err != nil {
		return nil, err
	}
	if e.Deflate != driver.DeflateOff || e.Fragment > 0 {
		return nil, driver.Refuse("unsupported option", "compression and fragments need stack %s", proto.Lean)
	}
	o := options{url: e.URL.String(), host: r.Host, header: r.Header, subprotocols: e.Subprotocols, limit: cmp.Or(e.Limit, proto.MaxSize), kept: driver.NewKept(e)}
	ws, err := d.dial(ctx, d.target, o)
	if err != nil {
		return nil, err
	}
	st := &librarySocket{socket: ws, limit: o.limit, text: !e.Binary, emptyEnd: e.EmptyEnd}
	out := &driver.Stream{Conn: st, Codes: st, Header: o.kept.Header()}
	if d.target.Ping.Every > 0 {
		if err := d.ping(out, ws); err != nil {
			_ = ws.Close()
			return nil, err
		}
	}
	if name := ws.subprotocol(); name != "" {
		out.Negotiated = "subprotocol " + name
	}
	return out, nil
}

// ping pings on a stream.
func (d library) ping(out *driver.Stream, ws socket) error {
	var pings atomic.Pointer[driver.Pinger]
	send := ws.pings(func() { pings.Load().Answered() })
	if send == nil {
		return driver.Refuse("unsupported option", "pings need a library that reports pongs; expected stack %s, %s or %s", proto.Lean, proto.Gorilla, proto.Coder)
	}
	pings.Store(d.target.Ping.Start(send, nil, func() { _ = ws.Close() }))
	pings.Load().Wrap(out)
	return nil
}

// A librarySocket is the stream of a socket.
type librarySocket struct {
	socket
	limit          int
	text, emptyEnd bool
	ended          bool
}

func (st *librarySocket) Send(p []byte) error {
	if st.ended {
		return eventloop.ErrSendAfterEnd
	}
	return st.write(p, st.text)
}

func (st *librarySocket) Recv() ([]byte, error) {
	p, err := st.read()
	if errors.Is(err, framing.ErrTooLong) {
		err = framing.TooLong(st.limit)
	}
	return p, err
}

func (st *librarySocket) CloseSend() error {
	if st.emptyEnd && !st.ended {
		st.ended = true
		return st.write(nil, !st.text)
	}
	return st.CloseWith(1000)
}

// CloseWith implements driver.CodeCloser.
func (st *librarySocket) CloseWith(code int) error {
	if st.ended {
		return nil
	}
	st.ended = true
	return st.closeSend(code)
}

// closed returns the error after a close frame of the peer; code 1006 means that there was none.
func closed(code int, reason string) error {
	if code == 1006 {
		return io.ErrUnexpectedEOF
	}
	return framing.NewCloseError(code, reason)
}

// refused returns the refusal of a handshake.
func refused(status int, body io.Reader, retryAfter string) error {
	sample, _ := io.ReadAll(io.LimitReader(body, httpwire.MaxSample))
	return httpwire.RefuseStatus("the WebSocket handshake", status, sample, retryAfter)
}
