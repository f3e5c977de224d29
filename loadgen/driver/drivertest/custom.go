package drivertest

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/proto"
)

// ServeHTTP2 serves h over cleartext HTTP/2.
func ServeHTTP2(t *testing.T, h http.HandlerFunc) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, Protocols: &protocols}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() { _ = s.Close(); <-ended })
	return l.Addr().String()
}

// ServeHTTP serves h over HTTP/1.1 and HTTP/2, with TLS if secured.
func ServeHTTP(t testing.TB, h http.HandlerFunc, secured bool) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetHTTP2(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.EnableHTTP2 = true
	if secured {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// CustomTarget returns a custom target for a path at a base URL. edit, if not nil, changes its endpoint.
func CustomTarget(t testing.TB, base, path string, edit func(*driver.Endpoint)) driver.Target {
	t.Helper()
	u, err := url.Parse(base + path)
	if err != nil {
		t.Fatal(err)
	}
	target := driver.Target{Address: u.Host, Endpoint: &driver.Endpoint{URL: u}}
	if edit != nil {
		edit(target.Endpoint)
	}
	return target
}

func DialHTTP(t testing.TB, protocol string, s *httptest.Server, path string, edit func(*driver.Endpoint)) driver.Driver {
	t.Helper()
	target := CustomTarget(t, s.URL, path, edit)
	if s.TLS != nil {
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		target.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return NewCustomDriver(t, protocol, target)
}

func NewCustomDriver(t testing.TB, protocol string, target driver.Target) driver.Driver {
	t.Helper()
	d, err := drivers.NewCustom(protocol, target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func Recv(t testing.TB, st driver.Stream, want ...string) {
	t.Helper()
	for _, w := range want {
		var got string
		err := Bounded(t, "Recv", func() error {
			p, err := st.Recv()
			got = string(p)
			return err
		})
		if err != nil || got != w {
			t.Fatalf("received %q, %v; want %q", got, err, w)
		}
	}
}

// ServeTCP calls serve for the n-th connection, and closes the connection when serve returns. It returns
// the address as an HTTP URL.
func ServeTCP(t testing.TB, serve func(nc net.Conn, n int)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for n := 0; ; n++ {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, nc)
			mu.Unlock()
			all.Go(func() {
				defer nc.Close()
				serve(nc, n)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, nc := range open {
			_ = nc.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return "http://" + l.Addr().String()
}

// ReadHead reads the head of a request.
func ReadHead(br *bufio.Reader) (head string, err error) {
	for !strings.HasSuffix(head, "\r\n\r\n") {
		line, err := br.ReadString('\n')
		if head += line; err != nil {
			return head, err
		}
	}
	return head, nil
}

// WebSocketTarget is CustomTarget with a WebSocket URL.
func WebSocketTarget(t testing.TB, base, path string, edit func(*driver.Endpoint)) driver.Target {
	t.Helper()
	return CustomTarget(t, strings.Replace(base, "http", "ws", 1), path, edit)
}

// CheckEchoes opens a stream, sends messages and expects their echoes and a clean end.
func CheckEchoes(t *testing.T, d driver.Driver, messages []string) {
	t.Helper()
	st := Open(t, d, proto.Call{})
	for _, m := range messages {
		if err := Bounded(t, "Send", func() error { return st.Send([]byte(m)) }); err != nil {
			t.Fatal(err)
		}
		Recv(t, st, m)
	}
	if err := st.CloseSend(); err != nil {
		t.Fatal(err)
	}
	err := Bounded(t, "the end", func() error { _, err := st.Recv(); return err })
	if !errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
}

// OpenError returns the error of opening a stream. It fails the test if there is none.
func OpenError(t *testing.T, target driver.Target) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	d := NewCustomDriver(t, "websocket", target)
	err := Bounded(t, "Open", func() error { _, err := d.Open(ctx, proto.Call{}); return err })
	if err == nil {
		t.Fatal("the stream was opened")
	}
	return err
}
