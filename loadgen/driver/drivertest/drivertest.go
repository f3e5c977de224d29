// Package drivertest has servers, connections and checks for the tests of drivers.
package drivertest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/server"
)

// Main runs a package's tests and fails if they leak goroutines.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp keeps one clock for the whole process.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// Timeout is the time that a single step of a test may take.
const Timeout = 20 * time.Second

func StartServer(t testing.TB, cfg server.Config) *server.Server {
	t.Helper()
	s, err := server.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func Dial(t testing.TB, s *server.Server, protocol string) driver.Driver {
	t.Helper()
	d := DialBlocking(t, s, protocol)
	if s.Info().Engine != string(server.Loops) {
		return d
	}
	return WithLoop(t, d)
}

// NewLoop returns an event loop. It skips the test if the system has none.
func NewLoop(t testing.TB) *eventloop.Loop {
	t.Helper()
	l, err := eventloop.New()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no event loops")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// ReferenceTarget returns the target for a protocol of s.
func ReferenceTarget(s *server.Server, protocol string) driver.Target {
	target := driver.Target{Address: s.Info().Addresses[protocol]}
	if pem := s.Info().Certificate; pem != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(pem))
		target.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return target
}

func DialBlocking(t testing.TB, s *server.Server, protocol string) driver.Driver {
	t.Helper()
	d, err := drivers.New(protocol, ReferenceTarget(s, protocol))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func Open(t testing.TB, d driver.Driver, c proto.Call) driver.Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	st, err := d.Open(ctx, c)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func Bounded(t testing.TB, what string, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(Timeout):
		t.Fatalf("%s hangs", what)
		return nil
	}
}

func RecvEOF(t testing.TB, st driver.Stream) {
	t.Helper()
	err := Bounded(t, "Recv at the end", func() error { _, err := st.Recv(); return err })
	if !errors.Is(err, io.EOF) {
		t.Fatalf("Recv at the end: %v, want io.EOF", err)
	}
}

func CheckEcho(t *testing.T, st driver.Stream, sent []byte) {
	t.Helper()
	sending := make(chan error, 1)
	go func() { sending <- st.Send(sent) }()
	var got []byte
	err := Bounded(t, "Recv", func() (err error) { got, err = st.Recv(); return err })
	if err != nil {
		t.Fatalf("%d bytes: %v", len(sent), err)
	}
	if !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes came back as %d others", len(sent), len(got))
	}
	if err := <-sending; err != nil {
		t.Fatalf("sending %d bytes: %v", len(sent), err)
	}
}
