package probe_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"rtbench/loadgen/guide/probe"
)

// echoing is the address of a server that returns what it reads.
func echoing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(nc, nc)
				_ = nc.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// through connects and has one word come back.
func through(t *testing.T, c *probe.Cutter) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", c.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(10 * time.Second)) // of a hang
	if _, err := nc.Write([]byte("word")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4)
	if _, err := io.ReadFull(nc, b); err != nil || string(b) != "word" {
		t.Fatalf("got %q, %v", b, err)
	}
	return nc
}

func TestCutter(t *testing.T) {
	t.Parallel()
	c, err := probe.NewCutter(echoing(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Accepted() != 0 || c.Cut() != 0 {
		t.Error("there are connections before any was made")
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
		t.Error("a closed Cutter still listens")
	}
	c.Close() // again
}

func isTimeout(err error) bool {
	var timed net.Error
	return errors.As(err, &timed) && timed.Timeout()
}

// A Cutter of nobody ends what it accepts.
func TestCutterOfNobody(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	c, err := probe.NewCutter(nobody)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	nc, err := net.Dial("tcp", c.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(10 * time.Second)) // of a hang
	if _, err := nc.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("reading: %v", err)
	}
}
