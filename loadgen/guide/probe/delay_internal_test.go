package probe

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestDelayedConn(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	const by = 20 * time.Millisecond
	s := delayConn(near, by)
	defer s.Close()
	sent := time.Now()
	go func() {
		_, _ = far.Write([]byte("late"))
		_ = far.Close()
	}()
	b := make([]byte, 2) // smaller than the data
	for _, want := range []string{"la", "te"} {
		if n, err := s.Read(b); err != nil || string(b[:n]) != want {
			t.Errorf("got %q, %v; want %q", b[:n], err, want)
		}
		if d := time.Since(sent); d < by {
			t.Errorf("%q arrived after %v, before it was due", want, d)
		}
	}
	if _, err := s.Read(b); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestDelayedConnClosed(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	defer far.Close()
	s := delayConn(near, time.Hour)
	read := make(chan error)
	go func() {
		_, err := s.Read(make([]byte, 1))
		read <- err
	}()
	if _, err := far.Write([]byte("never")); err != nil {
		t.Fatal(err)
	}
	_, _ = s.Close(), s.Close()
	if err := <-read; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}
