package websocket

import (
	"context"
	"io"
	"net/http"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
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
}

// A socket is a connection of a library.
type socket interface {
	// read returns the next message; io.EOF after a close frame with code 1000 or none.
	read() (p []byte, text bool, err error)
	write(p []byte, text bool) error
	// closeSend sends a close frame with a code. It is not called during write.
	closeSend(code int) error
	subprotocol() string
	// Close closes the connection. Any goroutine may call it, more than once.
	Close() error
}

func (d library) Close() error { return nil }

func (d library) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	upgraded := *e
	upgraded.URL = toHTTP(e.URL)
	r, err := httpwire.NewRequest(ctx, &upgraded)
	if err != nil {
		return nil, err
	}
	if e.Deflate != driver.DeflateOff || e.Fragment > 0 {
		return nil, driver.Refuse("unsupported option", "compression and fragments need stack %s", proto.Lean)
	}
	o := options{url: e.URL.String(), host: r.Host, header: r.Header, subprotocols: e.Subprotocols, limit: proto.MaxSize}
	if e.Limit > 0 {
		o.limit = e.Limit
	}
	ws, err := d.dial(ctx, d.target, o)
	if err != nil {
		return nil, err
	}
	st := &librarySocket{socket: ws, text: !e.Binary, emptyEnd: e.EmptyEnd}
	out := &driver.Stream{Conn: st, CloseWith: st.end}
	if name := ws.subprotocol(); name != "" {
		out.Negotiated = "subprotocol " + name
	}
	return out, nil
}

// A librarySocket is the stream of a socket.
type librarySocket struct {
	socket
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
	p, _, err := st.read()
	return p, err
}

func (st *librarySocket) CloseSend() error {
	if st.emptyEnd && !st.ended {
		st.ended = true
		return st.write(nil, !st.text)
	}
	return st.end(1000)
}

// end sends a close frame.
func (st *librarySocket) end(code int) error {
	if st.ended {
		return nil
	}
	st.ended = true
	return st.closeSend(code)
}

// refused returns the refusal of a handshake.
func refused(status int, body io.Reader, retryAfter string) error {
	sample, _ := io.ReadAll(io.LimitReader(body, httpwire.MaxSample))
	return httpwire.RefuseStatus("the WebSocket handshake", status, sample, retryAfter)
}
