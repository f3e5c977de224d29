// Package drivertest has servers, connections and checks for the tests of drivers.
package drivertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// Main runs a package's tests and fails if they leak goroutines.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp keeps one clock for the whole process.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		// It ends once the client has had no connection for 10 s.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
}

// Timeout is the time that a single step of a test may take.
const Timeout = 20 * time.Second

// Open opens a stream and closes it at the end of the test.
func Open(t testing.TB, d *Client, c proto.Call) *driver.Stream {
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

// OpenError returns the error of opening a stream. It fails the test if there is none.
func OpenError(t *testing.T, protocol string, target Target) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	d := NewCustomDriver(t, protocol, target)
	err := Bounded(t, "Open", func() error { _, err := d.Open(ctx, proto.Call{}); return err })
	if err == nil {
		t.Fatal("the stream was opened")
	}
	return err
}

// Bounded returns the error of f. It fails the test if f does not return within Timeout.
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

// Recv expects messages.
func Recv(t testing.TB, st driver.Conn, want ...string) {
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

// RecvEOF expects io.EOF from Recv.
func RecvEOF(t testing.TB, st driver.Conn) {
	t.Helper()
	err := Bounded(t, "Recv at the end", func() error { _, err := st.Recv(); return err })
	if !errors.Is(err, io.EOF) {
		t.Fatalf("Recv at the end: %v, want io.EOF", err)
	}
}

// CheckEcho sends a message and expects it back.
func CheckEcho(t *testing.T, st driver.Conn, sent []byte) {
	t.Helper()
	sending := make(chan error, 1)
	go func() { sending <- st.Send(sent) }()
	var got []byte
	err := Bounded(t, "Recv", func() (err error) { got, err = st.Recv(); return err })
	if err != nil {
		t.Fatalf("%d bytes: %v", len(sent), err)
	}
	if !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes came back as %d different ones", len(sent), len(got))
	}
	if err := <-sending; err != nil {
		t.Fatalf("sending %d bytes: %v", len(sent), err)
	}
}

// CheckEchoes opens a stream, sends messages and expects their echoes and a clean end.
func CheckEchoes(t *testing.T, d *Client, messages []string) {
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
	RecvEOF(t, st)
}
