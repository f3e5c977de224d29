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

// A queue is a net.Listener of connections accepted and handshaken elsewhere.
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

func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. The accepting goroutine closes the connections.
func (q *queue) Close() error { return nil }

func (q *queue) Addr() net.Addr { return q.addr }

type connKey struct{}

// newHTTP returns the server for all HTTP-based protocols: HTTP/1.1, or HTTP/2 with prior
// knowledge or ALPN.
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

// An exchange is an HTTP request and its response.
type exchange struct {
	s     *Server
	c     *conn
	w     http.ResponseWriter
	r     *http.Request
	token string
}

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
	case s.Fault.respond != nil:
		s.Fault.respond(x)
	default:
		x.serve()
	}
}

// serve handles a request as a correct server does, apart from message faults.
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

// A responseTransport writes to the body of a response.
type responseTransport struct {
	x     *exchange
	w     io.Writer
	flush func() error
}

func (t *responseTransport) raw(b []byte) error {
	if _, err := t.w.Write(b); err != nil {
		return err
	}
	return t.flush()
}

// requestLine returns the first line of the request.
func (x *exchange) requestLine() string {
	return x.r.Method + " " + x.r.URL.RequestURI() + " " + x.r.Proto
}

// fault records that the fault was injected into the request.
func (x *exchange) fault() {
	x.s.ledger.note(Entry{Conn: x.c.id, Stream: -1, Seq: -1, Got: x.requestLine(), Did: x.s.Fault.Name}, faultDone)
}

// awaitDisconnect waits until the client disconnects or the server stops.
func (x *exchange) awaitDisconnect() { <-x.r.Context().Done() }

// hijack takes over the connection, including bytes already buffered.
func (x *exchange) hijack() (*hijacked, error) {
	nc, rw, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		http.Error(x.w, "expected HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return nil, err
	}
	return &hijacked{nc, rw.Reader}, nil
}
