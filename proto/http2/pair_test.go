package http2_test

import (
	"errors"
	"net"
	"testing"

	"go.uber.org/goleak"

	"rtbench/proto/eventloop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns two ends of a loopback connection.
func pair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
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

// newLoop skips the test on systems without event loops.
func newLoop(t testing.TB) *eventloop.Loop {
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
