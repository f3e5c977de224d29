package faulty

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
)

// A queue is a listener whose connections were taken, and shaken hands with, before.
type queue struct {
	conns  chan net.Conn
	closed <-chan struct{}
	addr   net.Addr
}

func (q *queue) push(c net.Conn) {
	select {
	case q.conns <- c:
	case <-q.closed:
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener: what fills the queue is closed elsewhere.
func (q *queue) Close() error { return nil }

// Addr implements net.Listener.
func (q *queue) Addr() net.Addr { return q.addr }

type connKey struct{}

// newHTTP makes what serves all protocols over HTTP: HTTP/1.1, or HTTP/2 with prior
// knowledge or by ALPN.
func (s *Server) newHTTP() *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	if s.Fault.Protocol == "grpc" || s.Fault.Protocol == "sse-h2" {
		protocols.SetHTTP2(true)
		protocols.SetUnencryptedHTTP2(true)
	}
	return &http.Server{
		Handler: s, Protocols: &protocols,
		BaseContext: func(net.Listener) context.Context { return s.ctx },
		ConnContext: func(ctx context.Context, nc net.Conn) context.Context {
			if tc, ok := nc.(*tls.Conn); ok {
				nc = tc.NetConn()
			}
			return context.WithValue(ctx, connKey{}, nc)
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// An exchange is a request and where its answer goes.
type exchange struct {
	s     *Server
	c     *conn
	w     http.ResponseWriter
	r     *http.Request
	token string
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.startTask() {
		return
	}
	defer s.running.Done()
	c, _ := r.Context().Value(connKey{}).(*conn)
	x := &exchange{s: s, c: c, w: w, r: r}
	switch {
	case s.Fault.Protocol == "grpc" && strings.HasPrefix(r.URL.Path, "/grpc.reflection."):
		reflection().ServeHTTP(w, r)
	case s.Fault.behavior.respond != nil:
		s.Fault.behavior.respond(x)
	default:
		x.serve()
	}
}

// serve answers as a sound server does, but for what is done with messages.
func (x *exchange) serve() {
	switch x.s.Fault.Protocol {
	case "websocket":
		x.serveWebSocket()
	case "grpc":
		x.serveGRPC()
	default:
		if x.r.Method == http.MethodPost && x.r.URL.Path == "/post" {
			x.receivePost()
			return
		}
		x.serveSSE()
	}
}

// requestLine is the request's first line.
func (x *exchange) requestLine() string {
	return x.r.Method + " " + x.r.URL.RequestURI() + " " + x.r.Proto
}

// fault notes that the fault was done to the request.
func (x *exchange) fault() {
	x.s.ledger.note(Entry{Conn: x.c.id, Stream: -1, Seq: -1, Got: x.requestLine(), Did: x.s.Fault.Name}, faultDone)
}

// awaitDisconnect waits until the client leaves or the server stops.
func (x *exchange) awaitDisconnect() { <-x.r.Context().Done() }

// hijack takes the connection over, with what was read of it too far.
func (x *exchange) hijack() (*hijacked, error) {
	nc, rw, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		http.Error(x.w, "this is for HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return nil, err
	}
	return &hijacked{nc, rw.Reader}, nil
}
