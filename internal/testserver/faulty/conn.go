package faulty

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// A conn is an accepted TCP connection, below TLS.
type conn struct {
	*net.TCPConn
	s       *Server
	id      int
	writing sync.Mutex // keeps injected bytes out of frames
}

func (c *conn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.TCPConn.Write(b)
}

func (c *conn) Close() error {
	c.s.mu.Lock()
	delete(c.s.conns, c)
	c.s.mu.Unlock()
	return c.TCPConn.Close()
}

func (c *conn) reset() {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// fault records that the fault was injected into the connection.
func (c *conn) fault() {
	c.s.ledger.note(Entry{Conn: c.id, Stream: -1, Seq: -1, Did: c.s.Fault.Name}, faultDone)
}

// drain discards input until the server stops. It does not return at EOF, because a client that
// has finished sending may still wait for a reply.
func (c *conn) drain() {
	_, _ = io.Copy(io.Discard, c.TCPConn)
	<-c.s.ctx.Done()
}

// closeGracefully closes a connection without losing sent data. It reads pending input first,
// since closing with unread input sends a reset.
func closeGracefully(c net.Conn) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

// accept accepts connections until the server stops.
func (s *Server) accept() {
	for id := 0; ; id++ {
		nc, err := s.listener.Accept()
		if err != nil {
			return
		}
		tc, _ := nc.(*net.TCPConn)
		c := &conn{TCPConn: tc, s: s, id: id}
		s.ledger.count(func(l *Ledger) { l.Connections++ })
		if !s.startTask() {
			_ = tc.Close()
			return
		}
		s.mu.Lock()
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		go func() {
			defer s.running.Done()
			s.serve(c)
		}()
	}
}

// serve runs the fault's connection handler, or passes the connection to the protocol's server.
func (s *Server) serve(c *conn) {
	if s.ctx.Err() != nil {
		_ = c.Close()
		return
	}
	nc := net.Conn(c)
	if s.Fault.tls {
		if nc = s.handshake(c); nc == nil {
			return
		}
	}
	switch {
	case s.Fault.onConn != nil:
		c.fault()
		s.Fault.onConn(c)
		_ = c.Close()
	case s.Fault.Protocol == "tcp":
		s.serveTCP(c)
	default:
		s.queue.push(nc)
	}
}

// handshake completes the TLS handshake. It returns nil if that fails.
func (s *Server) handshake(c *conn) net.Conn {
	if s.Fault.tlsFault != nil || s.Fault.wrongScheme {
		c.fault()
	}
	tc := tls.Server(c, tlsConfig(s.Fault))
	err := tc.HandshakeContext(s.ctx)
	if err == nil {
		s.ledger.count(func(l *Ledger) { l.Handshakes++ })
		return tc
	}
	var notTLS tls.RecordHeaderError
	if errors.As(err, &notTLS) && notTLS.Conn != nil {
		// The alert protocol_version, as other servers send it.
		_, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 70})
	}
	closeGracefully(c)
	return nil
}
