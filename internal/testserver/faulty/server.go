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

// A Server is a server with one fault. Its fields are not to be changed.
type Server struct {
	Fault Fault
	// URL is where it is. Over gRPC its path is that of the method in Proto.
	URL string
	// Post is where an SSE client's messages go; empty of other protocols.
	Post string
	// CA is the authority that a client is to trust, PEM; nil where the server has no TLS.
	// Cert and Key are a client's certificate that the authority has signed.
	CA, Cert, Key []byte

	ledger   ledger
	listener net.Listener
	queue    queue
	http     *http.Server
	ctx      context.Context // ends with the server
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	conns   map[*conn]struct{}
	streams map[*stream]struct{}
	spent   map[string]int // messages by token
	calls   int            // streams opened
	refused int            // calls, by refusesOnce
}

// Start starts a server with a fault on a free port of 127.0.0.1. It stops, and leaves no
// goroutine, when the test ends.
func Start(t testing.TB, f Fault) *Server {
	t.Helper()
	s, err := start(f)
	if err != nil {
		t.Fatalf("starting a server with the fault %q: %v", f, err)
	}
	t.Cleanup(func() {
		if !s.stop(10 * time.Second) {
			t.Errorf("the server with the fault %q does not stop", f)
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
	if f.behavior.notListening {
		return s, s.stopListening()
	}
	if f.TLS {
		a := certificates()
		s.CA, s.Cert, s.Key = a.pem, a.clientCert, a.clientKey
	}
	s.http = s.newHTTP()
	s.running.Add(2)
	go func() {
		defer s.running.Done()
		_ = s.http.Serve(&s.queue)
	}()
	go s.accept()
	return s, nil
}

// address is the scheme and the path of a fault's URL.
func address(f Fault) (scheme, path string, err error) {
	schemes := map[string][3]string{
		"websocket": {"ws", "wss", "/ws"}, "sse": {"http", "https", "/events"}, "sse-h2": {"http", "https", "/events"},
		"grpc": {"grpc", "grpcs", Method}, "tcp": {"tcp", "tcp", ""},
	}
	s, ok := schemes[f.Protocol]
	if !ok {
		return "", "", fmt.Errorf("there is no protocol %q: it is websocket, sse, sse-h2, grpc or tcp", f.Protocol)
	}
	if f.TLS {
		return s[1], s[2], nil
	}
	return s[0], s[2], nil
}

// stopListening leaves the port with nothing that listens at it. It stays taken, by a connection
// that goes out from it, so that nobody else can come to listen there.
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

// stop stops the server; false if it has not within the time given.
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

// startTask says that something runs until s.running.Done; false if the server has stopped.
func (s *Server) startTask() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped {
		s.running.Add(1)
	}
	return !s.stopped
}

// sleep waits; false if the server stopped meanwhile.
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
