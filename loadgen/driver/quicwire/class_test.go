package quicwire_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/loadgen/driver/quicwire"
)

// connect returns the error of a first connection to a target.
func connect(t *testing.T, target driver.Target, c *quic.Config) error {
	t.Helper()
	s := quicwire.NewShared(target, c, func(_ context.Context, conn *quic.Conn) (*quic.Conn, error) { return conn, nil })
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
	defer cancel()
	_, err := s.Get(ctx)
	return err
}

// Errors of connecting have classes that say why.
func TestClassesOfConnecting(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, good := drivertest.ListenQUIC(t, http3.NextProtoH3, nil)
	_, other := drivertest.ListenQUIC(t, "other", nil)
	unknown, quiet, plain := good, good, good
	unknown.TLS = good.TLS.Clone()
	unknown.TLS.RootCAs = x509.NewCertPool()
	quiet.Address, plain.TLS = silent.LocalAddr().String(), nil
	impatient := quicwire.Config()
	impatient.HandshakeIdleTimeout = 50 * time.Millisecond
	for class, c := range map[string]struct {
		target driver.Target
		config *quic.Config
	}{
		"":                                {good, quicwire.Config()},
		"QUIC handshake timeout":          {quiet, impatient},
		"TLS: unknown authority":          {unknown, quicwire.Config()},
		"TLS: no ALPN protocol in common": {other, quicwire.Config()},
		"other":                           {plain, quicwire.Config()},
	} {
		err := connect(t, c.target, c.config)
		if got := driver.Class(err); err != nil && got != class || err == nil && class != "" {
			t.Errorf("class %q of %v, want %q", got, err, class)
		}
		if errors.Is(err, net.ErrClosed) {
			t.Errorf("%v is an error of this end", err)
		}
	}
}

// Nothing listens: the system refuses, as it does over TCP.
func TestNothingListens(t *testing.T) {
	t.Parallel()
	_, target := drivertest.ListenQUIC(t, http3.NextProtoH3, nil)
	gone, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target.Address = gone.LocalAddr().String()
	_ = gone.Close()
	if err := connect(t, target, quicwire.Config()); driver.Class(err) != "connection refused" {
		t.Errorf("class %q of %v, want connection refused", driver.Class(err), err)
	}
}

// What ends a response has a class, and does not look like an end by the client.
func TestClassesOfResponses(t *testing.T) {
	t.Parallel()
	conns := make(chan *quic.Conn, 10)
	handler := func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		switch r.URL.Path {
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/excess":
			_ = (<-conns).CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad), "too much")
		case "/close":
			_ = (<-conns).CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
		}
		<-r.Context().Done()
	}
	l, target := drivertest.ListenQUIC(t, http3.NextProtoH3, nil)
	s := &http3.Server{Handler: http.HandlerFunc(handler), ConnContext: func(ctx context.Context, c *quic.Conn) context.Context {
		conns <- c
		return ctx
	}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.ServeListener(l)
	}()
	defer func() {
		_ = s.Close()
		_ = l.Close()
		<-ended
	}()
	for path, class := range map[string]string{
		"/abort": "HTTP/3 reset: H3_INTERNAL_ERROR", "/excess": "HTTP/3 error: H3_EXCESSIVE_LOAD", "/close": "connection closed by the server",
	} {
		c := quicwire.NewClient(target)
		resp, err := c.Get("https://" + target.Address + path)
		if err == nil {
			err = drivertest.Bounded(t, "Read", func() error { _, err := resp.Body.Read(make([]byte, 1)); return err })
			_ = resp.Body.Close()
		}
		if got := driver.Class(err); got != class || errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: class %q of %v, want %q", path, got, err, class)
		}
		if path == "/abort" {
			<-conns
		}
		_ = c.Transport.(interface{ Close() error }).Close()
	}
}

// A server that falls silent is given up after the idle timeout, if nothing pings it.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	l, target := drivertest.ListenQUIC(t, http3.NextProtoH3, nil)
	defer l.Close()
	s := quicwire.NewShared(target, &quic.Config{MaxIdleTimeout: 100 * time.Millisecond}, func(_ context.Context, conn *quic.Conn) (*quic.Conn, error) { return conn, nil })
	defer s.Close()
	conn, err := s.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = drivertest.Bounded(t, "AcceptStream", func() error { _, err := conn.AcceptStream(context.Background()); return err })
	if class := driver.Class(quicwire.Explain(err)); class != "QUIC idle timeout" {
		t.Errorf("class %q of %v", class, err)
	}
}

// A connection whose server shuts down has a class of its own.
func TestShutdown(t *testing.T) {
	t.Parallel()
	l, target := drivertest.ListenQUIC(t, http3.NextProtoH3, nil)
	opened := make(chan struct{}, 1)
	s := &http3.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		if r.URL.Path == "/open" {
			opened <- struct{}{}
			<-r.Context().Done()
		}
	})}
	go func() { _ = s.ServeListener(l) }()
	shared := quicwire.NewShared(target, quicwire.Config(), func(_ context.Context, conn *quic.Conn) (*http3.ClientConn, error) {
		return new(http3.Transport).NewClientConn(conn), nil
	})
	defer shared.Close()
	c, err := shared.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) error {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+target.Address+path, nil)
		resp, err := c.RoundTrip(r)
		if err == nil && path == "/open" {
			t.Cleanup(func() { _ = resp.Body.Close() })
		} else if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	if err := get("/open"); err != nil {
		t.Fatal(err)
	}
	<-opened
	down := make(chan struct{})
	go func() {
		defer close(down)
		_ = s.Shutdown(t.Context())
	}()
	err = drivertest.Bounded(t, "requests", func() (err error) {
		for err == nil {
			err = get("/")
		}
		return err
	})
	if class := driver.Class(quicwire.Explain(err)); class != "HTTP/3 GOAWAY" && class != "HTTP/3 reset: H3_REQUEST_REJECTED" {
		t.Errorf("class %q of %v", class, err)
	}
	_ = shared.Close()
	<-down
}
