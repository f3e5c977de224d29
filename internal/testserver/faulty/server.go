package faulty

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Server has one fault. Callers must not change its fields.
type Server struct {
	Fault Fault
	// URL is the server's address. Over gRPC its path is Method.
	URL string
	// Post is the URL for an SSE client's messages, empty for other protocols.
	Post string
	// CA is the PEM certificate of the authority to trust, nil without TLS. Cert and Key are a
	// client certificate that it has signed.
	CA, Cert, Key []byte

	ledger   ledger
	listener net.Listener
	queue    queue
	http     *http.Server
	ctx      context.Context // canceled when the server stops
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	conns   map[*conn]struct{}
	streams map[*stream]struct{}
	spent   map[string]int // messages by token
	calls   int            // opened streams
	refused int            // calls refused by refuseFirst
}

// Start starts a server on a free port of 127.0.0.1. The server and its goroutines end with the
// test.
func Start(t testing.TB, f Fault) *Server {
	t.Helper()
	s, err := start(f)
	if err != nil {
		t.Fatalf("starting a server with fault %q: %v", f, err)
	}
	t.Cleanup(func() {
		if !s.stop(10 * time.Second) {
			t.Errorf("the server with fault %q does not stop", f)
		}
	})
	return s
}

func start(f Fault) (*Server, error) {
	scheme, path, err := address(f)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		Fault: f, URL: scheme + "://" + l.Addr().String() + path, listener: l,
		conns: map[*conn]struct{}{}, streams: map[*stream]struct{}{}, spent: map[string]int{},
	}
	if strings.HasPrefix(f.Protocol, "sse") {
		s.Post = scheme + "://" + l.Addr().String() + "/post"
	}
	s.ledger.changed = sync.NewCond(&s.ledger.mu)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.queue = queue{conns: make(chan net.Conn), closed: s.ctx.Done(), addr: l.Addr()}
	if f.notListening {
		return s, s.stopListening()
	}
	if f.TLS {
		a := certificates()
		s.CA, s.Cert, s.Key = a.pem, a.clientCert, a.clientKey
	}
	s.http = s.newHTTP()
	s.running.Go(func() { _ = s.http.Serve(&s.queue) })
	s.running.Go(s.accept)
	return s, nil
}

// address returns the scheme and path of a fault's URL.
func address(f Fault) (scheme, path string, err error) {
	schemes := map[string][3]string{
		"websocket": {"ws", "wss", "/ws"}, "sse": {"http", "https", "/events"}, "sse-h2": {"http", "https", "/events"},
		"grpc": {"grpc", "grpcs", Method}, "tcp": {"tcp", "tcp", ""},
	}
	s, ok := schemes[f.Protocol]
	if !ok {
		return "", "", fmt.Errorf("unknown protocol %q; expected websocket, sse, sse-h2, grpc or tcp", f.Protocol)
	}
	if f.TLS {
		return s[1], s[2], nil
	}
	return s[0], s[2], nil
}

// stopListening closes the listener but keeps the port occupied by an outgoing connection, so
// that no other process can listen on it.
func (s *Server) stopListening() error {
	out, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		_ = s.listener.Close()
		return err
	}
	in, err := s.listener.Accept()
	_ = s.listener.Close()
	if err != nil {
		_ = out.Close()
		return err
	}
	s.URL = strings.Replace(s.URL, s.listener.Addr().String(), out.LocalAddr().String(), 1)
	s.Post = strings.Replace(s.Post, s.listener.Addr().String(), out.LocalAddr().String(), 1)
	context.AfterFunc(s.ctx, func() {
		_ = in.Close()
		_ = out.Close()
	})
	return nil
}

// stop stops the server and reports whether it did so in time.
func (s *Server) stop(within time.Duration) bool {
	s.mu.Lock()
	s.stopped = true
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	s.cancel()
	_ = s.listener.Close()
	for _, c := range conns {
		_ = c.Close()
	}
	if s.http != nil {
		_ = s.http.Close()
	}
	stopped := make(chan struct{})
	go func() {
		s.running.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
		return true
	case <-time.After(within):
		return false
	}
}

// startTask adds a task to s.running. It returns false if the server has stopped.
func (s *Server) startTask() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.running.Add(1)
	}
	return !s.stopped
}

// sleep waits for d and returns false if the server stops first.
func (s *Server) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
