package server

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/http2"
)

// SSE is one-way: a client sends each message by POST, on another connection, and names
// the stream's session.

// A session passes posted messages to the handler of an SSE stream, one at a time. Each
// POST is answered after its message is handled.
type session struct {
	sessions *sessions
	name     string
	st       stream
	events   *http2.Stream // sends events without blocking; nil if handling a message may block
	waiting  atomic.Int32  // posts that wait for events

	mu      sync.Mutex // held until the stream is served
	handler proto.Handler
	over    bool
}

// begin lets the client post to v.
func (s *session) begin(v *exchange) {
	s.st, s.handler = v.st, v
	s.mu.Unlock()
}

// abort closes a session that has not begun.
func (s *session) abort() {
	s.mu.Unlock()
	s.close()
}

func (s *session) close() { s.sessions.byName.CompareAndDelete(s.name, s) }

// post passes a message to the handler, once the stream takes more. It returns false if the
// stream has ended.
func (s *session) post(p []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.events != nil {
		s.events.WaitWritable()
	}
	return s.handle(p)
}

// tryPost is post unless it might block.
func (s *session) tryPost(p []byte) (posted, ok bool) {
	if !s.mu.TryLock() {
		return false, false
	}
	defer s.mu.Unlock()
	if !s.over && (s.events == nil || !s.events.Writable()) {
		return false, false
	}
	return s.handle(p), true
}

// handle passes a message to the handler, with s.mu held.
func (s *session) handle(p []byte) bool {
	if s.over || s.handler == nil {
		return false
	}
	s.handler.Message(p, clock.Now())
	return true
}

// end tells the handler that the client posts no more or has gone.
func (s *session) end(err error) {
	if !errors.Is(err, io.EOF) {
		_ = s.st.Close() // unblocks a Send that waits for the client
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && s.handler != nil {
		s.over = true
		s.handler.Ended(err)
	}
}

// Message implements proto.Handler for the event stream's connection: clients send
// nothing on it.
func (s *session) Message([]byte, int64) {}

// sessions finds a session by its client-chosen name. The zero value is ready to use.
type sessions struct{ byName sync.Map }

// open returns a session, for begin or abort; nil if the name is taken. A session without a name
// cannot be posted to.
func (s *sessions) open(name string) *session {
	n := &session{sessions: s, name: name}
	n.mu.Lock()
	if name != "" {
		if _, taken := s.byName.LoadOrStore(name, n); taken {
			return nil
		}
	}
	return n
}

// upstream handles a POST.
func (s *Server) upstream(in *sessions, name string, end bool, body []byte) sseAnswer {
	n := in.find(name)
	switch {
	case n == nil:
		return noSuchSession
	case end:
		s.workers.Go(func() { n.end(io.EOF) }) // sending the rest may take long
		return sseAnswer{status: 204}
	}
	return postAnswer(n.post(body))
}

// find returns the session with a name, or nil.
func (s *sessions) find(name string) *session {
	found, _ := s.byName.Load(name)
	n, _ := found.(*session)
	return n
}

var noSuchSession = sseAnswer{status: 404, text: "no such session: open the stream first"}

func postAnswer(posted bool) sseAnswer {
	if !posted {
		return sseAnswer{status: 410, text: "the session's stream has ended"}
	}
	return sseAnswer{status: 204}
}
