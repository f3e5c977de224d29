//go:build linux

package acceptance

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// A tcpServer serves TCP connections on a loopback port until it is closed or the test ends.
type tcpServer struct {
	address  string // host:port
	listener net.Listener
	serving  sync.WaitGroup

	mu     sync.Mutex
	open   []net.Conn
	closed bool
}

func listen(t *testing.T) *tcpServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &tcpServer{address: l.Addr().String(), listener: l}
	t.Cleanup(func() {
		s.close()
		s.serving.Wait()
	})
	return s
}

// serve calls handle in a goroutine for each connection, numbered from 0, and closes the
// connection when handle returns. It returns the server's host:port.
func (s *tcpServer) serve(handle func(n int, c net.Conn)) string {
	s.serving.Go(func() {
		for n := 0; ; n++ {
			c, err := s.listener.Accept()
			if err != nil || !s.add(c) {
				return
			}
			s.serving.Go(func() {
				defer c.Close()
				handle(n, c)
			})
		}
	})
	return s.address
}

// add reports whether the server is still open, and closes the connection otherwise.
func (s *tcpServer) add(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = c.Close()
		return false
	}
	s.open = append(s.open, c)
	return true
}

// close refuses new connections and closes the open ones.
func (s *tcpServer) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	_ = s.listener.Close()
	for _, c := range s.open {
		_ = c.Close()
	}
}

// A reply returns a line server's answer to line n of a connection, from 0, or "" for none.
type reply func(n int, line string) string

// hangUp is a reply that closes the connection.
const hangUp = "\x00"

// lineServer starts a line server and returns its host:port.
func lineServer(t *testing.T, answer reply) string {
	t.Helper()
	return listen(t).serve(func(_ int, c net.Conn) { answerLines(c, answer) })
}

// answerLines answers lines until the client half-closes or the connection ends.
func answerLines(c net.Conn, answer reply) {
	in := bufio.NewScanner(c)
	for n := 0; in.Scan(); n++ {
		text := answer(n, in.Text())
		if text == hangUp {
			return
		}
		if text == "" {
			continue
		}
		if _, err := fmt.Fprintln(c, text); err != nil {
			return
		}
	}
}

// rawHTTP starts a server that calls answer to write the bytes of each HTTP/1.1 response. It
// returns host:port.
func rawHTTP(t *testing.T, answer func(c net.Conn, r *http.Request)) string {
	t.Helper()
	return listen(t).serve(func(_ int, c net.Conn) {
		for in := bufio.NewReader(c); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			answer(c, r)
		}
	})
}

// acceptKey returns the Sec-WebSocket-Accept of a handshake (RFC 6455, section 4.2.2).
func acceptKey(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// paced calls send n times at the given interval.
func paced(n int, period time.Duration, send func()) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for range n {
		send()
		<-tick.C
	}
}

// freeAddress returns an address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
