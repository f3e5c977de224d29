package probe_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"rtbench/internal/testserver/loopback"
	"rtbench/loadgen/guide/probe"
)

func echo(nc net.Conn) { _, _ = io.Copy(nc, nc) }

// through connects to the proxy and checks that it forwards in both directions.
func through(t *testing.T, c *probe.Proxy) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", c.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(10 * time.Second)) // in case it hangs
	if _, err := nc.Write([]byte("word")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4)
	if _, err := io.ReadFull(nc, b); err != nil || string(b) != "word" {
		t.Fatalf("got %q, %v", b, err)
	}
	return nc
}

func TestProxy(t *testing.T) {
	t.Parallel()
	c, err := probe.NewProxy(loopback.Serve(t, echo), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Accepted() != 0 || c.Cut() != 0 {
		t.Error("a new Proxy has connections")
	}
	first, second := through(t, c), through(t, c)
	if n := c.Accepted(); n != 2 {
		t.Errorf("%d connections accepted, want 2", n)
	}
	if n := c.Cut(); n != 2 {
		t.Errorf("%d connections cut, want 2", n)
	}
	for _, nc := range []net.Conn{first, second} {
		if _, err := nc.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("reading after the cut: %v", err)
		}
	}
	third := through(t, c)
	if n := c.Accepted(); n != 3 {
		t.Errorf("%d connections accepted, want 3", n)
	}
	c.Close()
	if _, err := third.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("reading after Close: %v", err)
	}
	if nc, err := net.Dial("tcp", c.Address()); err == nil {
		_ = nc.Close()
		t.Error("a closed Proxy still listens")
	}
	c.Close() // closing twice is allowed
}

func isTimeout(err error) bool {
	var timed net.Error
	return errors.As(err, &timed) && timed.Timeout()
}

func TestProxyDelays(t *testing.T) {
	t.Parallel()
	const by = 20 * time.Millisecond
	c, err := probe.NewProxy(loopback.Serve(t, echo), by)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sent := time.Now()
	through(t, c)
	if d := time.Since(sent); d < by {
		t.Errorf("the echo arrived after %v, before it was due", d)
	}
}

// A Proxy whose upstream is down closes the connections that it accepts.
func TestProxyWithoutUpstream(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unused := l.Addr().String()
	_ = l.Close()
	c, err := probe.NewProxy(unused, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	nc, err := net.Dial("tcp", c.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(10 * time.Second)) // in case it hangs
	if _, err := nc.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("reading: %v", err)
	}
}
