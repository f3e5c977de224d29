package http2_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	nethttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

var okHeader = http2.Header{{Name: ":status", Value: "200"}}

// A service serves by path: /echo returns messages and, at the end, a trailer; /recv does
// so on a goroutine; /body replies with the length of the body; /push is left to the test;
// others get 404.
type service struct {
	t      testing.TB
	pushes chan *http2.Stream
	ends   chan error
}

// echoHandler returns each message and ends with the request.
type echoHandler struct {
	*service
	st *http2.Stream
}

func (e echoHandler) Message(p []byte, at int64) {
	if at == 0 {
		e.t.Error("a message without the time of its receipt")
	}
	_ = e.st.Send(p)
}

func (e echoHandler) Ended(err error) {
	e.st.CloseWith(http2.Header{{Name: "end", Value: err.Error()}})
	e.ends <- err
}

func (s *service) accept(st *http2.Stream) {
	switch st.Header().Get(":path") {
	case "/echo":
		st.Respond(okHeader, framing.GRPC{})
		st.Handle(framing.GRPC{}, echoHandler{s, st})
	case "/recv":
		st.Receive(framing.GRPC{})
		go func() {
			st.Respond(okHeader, framing.GRPC{})
			for {
				p, err := st.Recv()
				if err != nil {
					echoHandler{s, st}.Ended(err)
					return
				}
				_ = st.Send(p)
			}
		}()
	case "/push":
		st.Respond(okHeader, framing.GRPC{})
		st.Handle(nil, echoHandler{s, st})
		s.pushes <- st
	case "/body":
		st.Collect()
	default:
		st.Reply(http2.Header{{Name: ":status", Value: "404"}}, nil)
	}
}

func (s *service) body(st *http2.Stream, body []byte, err error) bool {
	status := "200"
	if err != nil {
		status = "413"
	}
	st.Reply(http2.Header{{Name: ":status", Value: status}}, bytes.ToUpper(body))
	return true
}

func newService(t testing.TB) (*service, *http2.Server) {
	s := &service{t: t, pushes: make(chan *http2.Stream, 100), ends: make(chan error, 10_000)}
	return s, &http2.Server{MaxStreams: 100, MaxHeader: 16 << 10, HandshakeTimeout: bound, Accept: s.accept, Body: s.body}
}

// serve serves nc until the test ends, unless its handshake fails. It uses l unless it is
// nil.
func serve(t testing.TB, server *http2.Server, nc net.Conn, l *eventloop.Loop) {
	c, err := server.NewConn(nc)
	if err != nil {
		return
	}
	ended := make(chan struct{})
	if l != nil {
		err = c.ServeOn(l, func() { close(ended) })
	} else {
		go func() { c.Serve(); close(ended) }()
	}
	if err != nil {
		t.Error(err)
	}
	t.Cleanup(func() { _ = c.Close(); <-ended })
}

// A client is a scripted client on x/net's framer. Each step has a timeout.
type client struct {
	*peer
	*service
}

// bothServers runs a test with a server on goroutines and with one on a loop.
func bothServers(t *testing.T, test func(t *testing.T, dial func(...nethttp2.Setting) client)) {
	for name, newLoop := range map[string]func(testing.TB) *eventloop.Loop{
		"goroutine": func(testing.TB) *eventloop.Loop { return nil }, "loop": eventlooptest.NewLoop,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoop(t)
			test(t, func(settings ...nethttp2.Setting) client {
				t.Helper()
				a, b := eventlooptest.Pair(t)
				s, server := newService(t)
				served := make(chan struct{})
				go func() { defer close(served); serve(t, server, a, l) }()
				c := client{newClient(t, b), s}
				_, err := b.Write([]byte(nethttp2.ClientPreface))
				c.must(err)
				c.must(c.WriteSettings(settings...))
				<-served
				return c
			})
		})
	}
}

func newClient(t *testing.T, nc net.Conn) *peer {
	_ = nc.SetDeadline(time.Now().Add(bound))
	p := &peer{t: t, nc: nc, Framer: nethttp2.NewFramer(nc, nc)}
	p.enc = hpack.NewEncoder(&p.block)
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	p.AllowIllegalWrites = true
	return p
}

// request sends the header of a request.
func (c client) request(id uint32, path string, end bool, more ...string) {
	c.t().Helper()
	c.header(id, end, append([]string{":method", "POST", ":scheme", "http", ":path", path, ":authority", "x"}, more...)...)
}

func (c client) t() *testing.T { return c.peer.t }

// said describes the frames received up to one that ends stream id or the connection.
func (c client) said(id uint32) string {
	c.t().Helper()
	var b strings.Builder
	for {
		f, err := c.ReadFrame()
		if err != nil {
			return b.String() + "closed"
		}
		switch f := f.(type) {
		case *nethttp2.MetaHeadersFrame:
			for _, h := range f.Fields {
				b.WriteString(h.Name + " " + h.Value + ", ")
			}
			if f.StreamEnded() && f.StreamID == id {
				return b.String() + "ended"
			}
		case *nethttp2.DataFrame:
			b.WriteString(strings.TrimLeft(string(f.Data()), "\x00\x0a\x01\x02\x03\x04\x05\x06\x07") + ", ")
			if f.StreamEnded() && f.StreamID == id {
				return b.String() + "ended"
			}
		case *nethttp2.RSTStreamFrame:
			if f.StreamID == id {
				return b.String() + "reset " + f.ErrCode.String()
			}
		case *nethttp2.GoAwayFrame:
			return b.String() + "gone " + f.ErrCode.String()
		}
	}
}
