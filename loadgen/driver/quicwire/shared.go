// Package quicwire connects drivers over QUIC, each connection on a UDP socket of its own, and names its errors.
package quicwire

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rtbench/loadgen/driver"
)

// keepAlive is the interval of the PINGs of idle connections, that of HTTP/3 in quic-go.
const keepAlive = 10 * time.Second

// Config returns the configuration of a client's connections.
func Config() *quic.Config {
	return &quic.Config{MaxIncomingStreams: -1, KeepAlivePeriod: keepAlive}
}

// A Shared is a QUIC connection that all streams of a driver share, with T, the client of a protocol on it. It connects
// for the first stream, and again once the connection takes no more.
type Shared[T comparable] struct {
	target driver.Target
	config *quic.Config
	begin  func(context.Context, *quic.Conn) (T, error)

	sem     chan struct{} // guards the following
	conn    *quic.Conn    // in use; nil if there is none
	current T
	conns   []*quic.Conn // all; some may have ended
	closed  bool
	open    sync.WaitGroup // sockets
}

// NewShared returns a connection to a target; begin starts the protocol on it. It does not connect yet.
func NewShared[T comparable](t driver.Target, c *quic.Config, begin func(context.Context, *quic.Conn) (T, error)) *Shared[T] {
	return &Shared[T]{target: t, config: c, begin: begin, sem: make(chan struct{}, 1)}
}

// Get returns the result of begin for the connection, and connects if necessary.
func (s *Shared[T]) Get(ctx context.Context) (on T, err error) {
	select {
	case s.sem <- struct{}{}:
		defer func() { <-s.sem }()
	case <-ctx.Done():
		return on, ctx.Err()
	}
	if s.closed {
		return on, net.ErrClosed
	}
	if s.conn != nil && s.conn.Context().Err() == nil {
		return s.current, nil
	}
	conn, err := s.dial(ctx)
	if err != nil {
		return on, Explain(err)
	}
	if on, err = s.begin(ctx, conn); err != nil {
		_ = conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
		return on, Explain(err)
	}
	s.conn, s.current = conn, on
	return on, nil
}

// Discard makes the next Get connect, unless a connection other than that of on is in use. Streams that are open stay so.
func (s *Shared[T]) Discard(on T) {
	s.sem <- struct{}{}
	defer func() { <-s.sem }()
	if s.current == on {
		s.conn = nil
	}
}

var errNoTLS = errors.New("QUIC without TLS: expected a target with TLS")

// dial connects on a socket of its own, which ends with the connection.
func (s *Shared[T]) dial(ctx context.Context) (*quic.Conn, error) {
	if s.target.TLS == nil {
		return nil, errNoTLS
	}
	socket, err := s.target.DialUDP(ctx)
	if err != nil {
		return nil, err
	}
	t := &quic.Transport{Conn: socket}
	end := func() {
		_ = t.Close()
		_ = socket.Close()
	}
	conn, err := t.Dial(ctx, socket.RemoteAddr(), s.target.TLSConfig(http3.NextProtoH3), s.config)
	if err != nil {
		end()
		return nil, explainHandshake(err)
	}
	socket.OnCut(func() { _ = conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "") })
	s.conns = append(slices.DeleteFunc(s.conns, func(c *quic.Conn) bool { return c.Context().Err() != nil }), conn)
	s.open.Add(1)
	context.AfterFunc(conn.Context(), func() {
		defer s.open.Done()
		end()
	})
	return conn, nil
}

// Close ends all streams, closes the connections and waits for their goroutines.
func (s *Shared[T]) Close() error {
	s.sem <- struct{}{}
	defer func() { <-s.sem }()
	s.closed = true
	for _, c := range s.conns {
		_ = c.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
	}
	s.conns, s.conn = nil, nil
	s.open.Wait()
	return nil
}
