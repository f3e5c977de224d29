// Package eventlooptest provides connections and event loops to tests.
package eventlooptest

import (
	"errors"
	"net"
	"testing"

	"rtbench/proto/eventloop"
)

// Pair returns two ends of a loopback connection, which are closed at the end of the test.
func Pair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	b = <-accepted
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return a, b
}

// NewLoop returns an event loop, which is closed at the end of the test. It skips the test if the
// system has none.
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
