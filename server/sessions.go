package server

import (
	"errors"
	"io"
	"sync"
)

// SSE has no way up, so a stream's upstream messages arrive by POST, on other
// connections, and find the stream by its session.

// A session is the upstream half of an SSE stream. A message is handed over, not
// copied: the POST is answered when the stream has come back for the next one.
type session struct {
	in    chan []byte
	taken chan struct{}
	ended chan struct{} // the client will post no more
	gone  chan struct{} // the stream is over

	endOnce, goneOnce sync.Once
	holding           bool // Recv's own: the last message is still the POST's
}

// errGone is what a POST gets whose stream is over.
var errGone = errors.New("the stream of this session is over")

// post hands over p and returns when it has been dealt with.
func (s *session) post(p []byte) error {
	select {
	case s.in <- p:
	case <-s.ended:
		return errGone
	case <-s.gone:
		return errGone
	}
	select {
	case <-s.taken:
		return nil
	case <-s.gone:
		return errGone
	}
}

// Recv is the receiving half of proto.Conn.
func (s *session) Recv() ([]byte, error) {
	if s.holding {
		s.holding = false
		select {
		case s.taken <- struct{}{}:
		case <-s.gone:
			return nil, io.ErrUnexpectedEOF
		}
	}
	select {
	case p := <-s.in:
		s.holding = true
		return p, nil
	case <-s.ended:
		return nil, io.EOF
	case <-s.gone:
		return nil, io.ErrUnexpectedEOF
	}
}

func (s *session) end()   { s.endOnce.Do(func() { close(s.ended) }) }
func (s *session) leave() { s.goneOnce.Do(func() { close(s.gone) }) }

// sessions finds a session by the name that the client gave it. The zero value
// is ready to use.
type sessions struct {
	mu sync.Mutex
	m  map[string]*session
}

// open returns false when the name is taken.
func (s *sessions) open(name string) (*session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = map[string]*session{}
	}
	if _, taken := s.m[name]; taken {
		return nil, false
	}
	n := &session{in: make(chan []byte), taken: make(chan struct{}), ended: make(chan struct{}), gone: make(chan struct{})}
	s.m[name] = n
	return n, true
}

func (s *sessions) find(name string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m[name]
}

func (s *sessions) close(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.m[name]; n != nil {
		n.leave()
		delete(s.m, name)
	}
}

// upstream answers one POST and returns its status.
func (s *sessions) upstream(name string, end bool, body []byte) (status int, err error) {
	n := s.find(name)
	if n == nil {
		return 404, errors.New("no such session: open the stream first")
	}
	if end {
		n.end()
		return 204, nil
	}
	if err := n.post(body); err != nil {
		return 410, err
	}
	return 204, nil
}
