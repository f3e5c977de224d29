package faulty

import (
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
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

// part ends a connection so that what was sent before still arrives: what a client has sent
// must be read, or closing resets.
func part(c net.Conn) {
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
		if !s.begin() {
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
	if s.Fault.how.tls {
		if nc = s.shake(c); nc == nil {
			return
		}
	}
	switch {
	case s.Fault.how.conn != nil:
		c.fault()
		s.Fault.how.conn(c)
		_ = c.Close()
	case s.Fault.Protocol == "tcp":
		s.serveTCP(c)
	default:
		s.queue.push(nc)
	}
}

// shake does the handshake of TLS, and returns nil if it failed.
func (s *Server) shake(c *conn) net.Conn {
	if s.Fault.how.spoil != nil || s.Fault.how.reverse {
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
	part(c)
	return nil
}

// What is done with a connection as it is.

func resets(c *conn) { c.reset() }
func closes(c *conn) { part(c) }
func silent(c *conn) { c.drain() }

// asked waits for the first bytes of what is asked.
func (c *conn) asked() { _, _ = c.Read(make([]byte, 4096)) }

// greets sends a text before anything is asked, and closes.
func greets(text string) func(*conn) {
	return func(c *conn) {
		_, _ = io.WriteString(c, text)
		part(c)
	}
}

// says answers with a text and closes.
func says(text string) func(*conn) {
	return func(c *conn) {
		c.asked()
		greets(text)(c)
	}
}

// begins answers with the beginning of an answer and nothing more.
func begins(text string) func(*conn) {
	return func(c *conn) {
		c.asked()
		_, _ = io.WriteString(c, text)
		c.drain()
	}
}

// noise is 4 KiB of bytes that are no protocol, always the same, without a line's end.
func noise() string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 4096)
	for i := range b {
		b[i] = 0x80 | byte(r.Uint32())
	}
	return string(b)
}
