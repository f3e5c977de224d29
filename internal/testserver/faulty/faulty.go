// Package faulty is servers that are wrong, each in one way that is known: a table of
// faults, and a server for each that says what it did. It is imported by tests alone: that
// a client counts, names and outlives a fault can only be shown by one that is really there.
//
// But for its fault each server is sound. Over WebSocket, gRPC (bidirectional) and tcp it
// returns messages as they came; over SSE it pushes an event each Pace, numbered across
// connections, and takes POSTs.
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

// What the faults of the table have in common.
const (
	// N is after how many messages of a stream a fault with an hour comes: the first N are
	// served soundly. A token is good for N messages.
	N = 50
	// Every is which messages have a fault of messages: the tenth, the twentieth …
	Every = 10
	// Pace is the time between two events of SSE.
	Pace = 2 * time.Millisecond
	// TooLong is the size in bytes of messages that are over a limit of 1 MiB.
	TooLong = 2 << 20
	// Bomb is what a compressed message of a few KiB grows to, in bytes.
	Bomb = 32 << 20
	// Late is how long the message after the first N/2 is held back while others pass it.
	Late = 500 * time.Millisecond
	// Stall is how long nothing is answered after N messages, EventStall how long nothing is
	// pushed after N events.
	Stall      = time.Second
	EventStall = 2 * time.Second
	// Burst is how long events are held back to go out together.
	Burst = 300 * time.Millisecond
)

// A Fault is a row of the table: a protocol and one way in which its server is wrong. One
// made outside the table, with a Protocol alone, is of a sound server in cleartext.
type Fault struct {
	Name     string
	Protocol string // websocket, sse, sse-h2, grpc or tcp
	// Class is a proposal: the class that a client is expected to count (see driver.Class).
	// Empty where no stream breaks: the ledger of messages shows it, or nothing does.
	Class string
	// Terminal says that no message can ever come, however often it is tried.
	Terminal bool
	// TLS says that the URL asks for TLS, whatever the server then speaks.
	TLS bool
	// Deflate says that the server agrees to permessage-deflate, and must be offered it.
	Deflate bool
	// Lengths says that messages over tcp follow their length in four bytes, big-endian; else
	// each is a line.
	Lengths bool

	how how
}

// String is the protocol and the name, which together are a row's own.
func (f Fault) String() string { return f.Protocol + ": " + f.Name }

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
	s.queue = queue{conns: make(chan net.Conn), over: s.ctx.Done(), at: l.Addr()}
	if f.how.absent {
		return s, s.leave()
	}
	if f.TLS {
		a := authorities()
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

// leave leaves the port with nothing that listens at it. It stays taken, by a connection
// that goes out from it, so that nobody else can come to listen there.
func (s *Server) leave() error {
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

// begin says that something runs until s.running.Done; false if the server has stopped.
func (s *Server) begin() bool {
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
