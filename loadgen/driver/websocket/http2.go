package websocket

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// overHTTP2 opens WebSockets as streams of one HTTP/2 connection.
type overHTTP2 struct{ conn *httpwire.SharedConn }

// NewHTTP2 returns a driver of WebSocket over HTTP/2 (RFC 8441) that uses rtbench's framing.
func NewHTTP2(t driver.Target) driver.Driver { return overHTTP2{httpwire.NewSharedConn(t)} }

func (d overHTTP2) Close() error { return d.conn.Close() }

func (d overHTTP2) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	r, err := upgradeRequest(ctx, e)
	if err != nil {
		return nil, err
	}
	c, err := d.conn.Get(ctx)
	switch {
	case err != nil:
		return nil, err
	case !c.Connects():
		return nil, driver.Refuse("no WebSocket over HTTP/2", "the server does not offer WebSocket over HTTP/2 (RFC 8441, SETTINGS_ENABLE_CONNECT_PROTOCOL); try protocol websocket")
	}
	h := newHandshake(r, e)
	frames := clientFraming(e, h.deflate) // as offered, for the longest message
	st := c.NewStream(&frames, nil)
	if err := h.connect(ctx, st); err != nil {
		_ = st.Close()
		return nil, err
	}
	frames.Deflate = h.agreed
	s := http2Socket{st, &frames}
	out := driver.Driven(s)
	out.Codes = s
	out.Negotiated, out.Header = h.negotiated(), h.kept.Header()
	out.StreamLimit, _ = c.StreamLimit()
	return out, nil
}

// connect opens st by an extended CONNECT and checks the response (RFC 8441, section 5).
func (h *handshake) connect(ctx context.Context, st *http2.Stream) error {
	head, err := st.Open(ctx, h.fields(), nil, false)
	if err != nil {
		return err
	}
	if status, _ := strconv.Atoi(head.Get(":status")); status/100 != 2 {
		return h.refusal(status, head.Get("location"), head.Get("retry-after"), func() []byte { return httpwire.Sample(st) })
	}
	for _, f := range head {
		h.kept.Note(f.Name, f.Value)
	}
	return h.negotiate(func(name string) (all []string) {
		for _, f := range head {
			if strings.EqualFold(f.Name, name) {
				all = append(all, f.Value)
			}
		}
		return all
	})
}

// fields returns the header of the extended CONNECT.
func (h *handshake) fields() http2.Header {
	r := h.request
	r.Method = "CONNECT"
	all := r.Fields()
	return append(http2.Header{all[0], {Name: ":protocol", Value: "websocket"}}, append(all[1:], http2.Header{{Name: "sec-websocket-version", Value: "13"}}...)...)
}

// An http2Socket ends its messages by a frame; the HTTP/2 stream ends after the server's.
type http2Socket struct {
	*http2.Stream
	frames *framing.WebSocket
}

func (s http2Socket) Send(p []byte) error {
	if err := s.Stream.Send(p); !errors.Is(err, io.EOF) {
		return err
	}
	return driver.ErrEnded
}

// CloseWith implements driver.CodeCloser.
func (s http2Socket) CloseWith(code int) error { return s.Finish(s.frames.AppendClose(nil, code)) }

func (s http2Socket) CloseSend() error { return s.Finish(s.frames.AppendEnd(nil)) }
