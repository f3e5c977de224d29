package quicnet

import (
	"net"
	"sync"

	"github.com/quic-go/webtransport-go"
)

// A Stream is a bidirectional stream of a WebTransport session as a net.Conn.
type Stream struct {
	*webtransport.Stream
	session *webtransport.Session

	mu    sync.Mutex
	ended bool // CloseWrite was called
}

// NewStream returns a stream of a session as a net.Conn.
func NewStream(st *webtransport.Stream, of *webtransport.Session) *Stream {
	return &Stream{Stream: st, session: of}
}

// LocalAddr implements net.Conn.
func (s *Stream) LocalAddr() net.Addr { return s.session.LocalAddr() }

// RemoteAddr implements net.Conn.
func (s *Stream) RemoteAddr() net.Addr { return s.session.RemoteAddr() }

// CloseWrite ends the sending direction.
func (s *Stream) CloseWrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return s.Stream.Close()
}

// Close aborts both directions, the sending one unless CloseWrite has ended it: its last bytes may be on their way.
func (s *Stream) Close() error {
	s.CancelRead(0)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.CancelWrite(0)
	}
	return nil
}
