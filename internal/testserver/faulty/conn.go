package faulty

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// A conn is a connection as it was taken, below TLS.
type conn struct {
	*net.TCPConn
	s       *Server
	id      int
	writing sync.Mutex // what is injected must not come in the middle of a frame
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.TCPConn.Write(b)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.s.mu.Lock()
	delete(c.s.conns, c)
	c.s.mu.Unlock()
	return c.TCPConn.Close()
}

// reset closes with an RST.
func (c *conn) reset() {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// fault notes that the fault was done to the connection.
func (c *conn) fault() {
	c.s.ledger.note(Entry{Conn: c.id, Stream: -1, Seq: -1, Did: c.s.Fault.Name}, faultDone)
}

// drain reads what comes until the server stops: that the client sends no more does not say
// that it waits for nothing.
func (c *conn) drain() {
	_, _ = io.Copy(io.Discard, c.TCPConn)
	<-c.s.ctx.Done()
}

// closeGracefully ends a connection so that what was sent before still arrives: what a client has sent
// must be read, or closing resets.
func closeGracefully(c net.Conn) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

// accept takes connections until the server stops.
func (s *Server) accept() {
	defer s.running.Done()
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

// serve gives a connection to what serves it.
func (s *Server) serve(c *conn) {
	if s.ctx.Err() != nil {
		_ = c.Close()
		return
	}
	nc := net.Conn(c)
	if s.Fault.behavior.tls {
		if nc = s.handshake(c); nc == nil {
			return
		}
	}
	switch {
	case s.Fault.behavior.onConn != nil:
		c.fault()
		s.Fault.behavior.onConn(c)
		_ = c.Close()
	case s.Fault.Protocol == "tcp":
		s.serveTCP(c)
	default:
		s.queue.push(nc)
	}
}

// handshake does the handshake of TLS, and returns nil if it failed.
func (s *Server) handshake(c *conn) net.Conn {
	if s.Fault.behavior.tlsFault != nil || s.Fault.behavior.wrongScheme {
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
		// An alert, protocol_version, as other servers send it.
		_, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, 70})
	}
	closeGracefully(c)
	return nil
}
