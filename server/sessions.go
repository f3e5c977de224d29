package server

import (
	"errors"
	"io"
	"sync"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// SSE has no way up, so a stream's upstream messages arrive by POST, on other
// connections, and find the stream by its session.

// A session gives the handler of an SSE stream what is posted, one POST after the
// other, each answered when the handler is done with it.
type session struct {
	st stream

	mu      sync.Mutex
	handler proto.Handler // nil until the stream is served
	over    bool
}

// errStreamOver is what a POST gets whose stream is over.
var errStreamOver = errors.New("the stream of this session is over")

func (s *session) post(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.handler == nil {
		return errStreamOver
	}
	s.handler.Message(p, clock.Now())
	return nil
}

// end tells the handler that no more is posted, or that the client is gone.
func (s *session) end(err error) {
	if !errors.Is(err, io.EOF) {
		_ = s.st.Close() // so that a message that waits for the client does not
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && s.handler != nil {
		s.over = true
		s.handler.Ended(err)
	}
}

// Message implements proto.Handler for what comes on the event stream's own
// connection: nothing should.
func (s *session) Message([]byte, int64) {}

// sessions finds a session by the name that the client gave it. The zero value
// is ready to use.
type sessions struct {
	mu sync.Mutex
	m  map[string]*session
}

// open returns false when the name is taken. A session without a name is never
// found: nothing can be posted to it.
func (s *sessions) open(name string, n *session) bool {
	if name == "" {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = map[string]*session{}
	}
	if _, taken := s.m[name]; taken {
		return false
	}
	s.m[name] = n
	return true
}

func (s *sessions) find(name string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m[name]
}

func (s *sessions) close(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.m, name)
}

// upstream answers one POST and returns its status.
func (s *Server) upstream(in *sessions, name string, end bool, body []byte) (status int, err error) {
	n := in.find(name)
	if n == nil {
		return 404, errors.New("no such session: open the stream first")
	}
	if end {
		s.workers.Go(func() { n.end(io.EOF) }) // what is still to be sent may take long
		return 204, nil
	}
	if err := n.post(body); err != nil {
		return 410, err
	}
	return 204, nil
}
