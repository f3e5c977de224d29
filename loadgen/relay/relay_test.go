package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/internal/testserver/loopback"
	"rtbench/scenarios/cell"
)

// The test binary is also the relay.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Command {
		if err := Main(os.Args[2:], os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, n cell.Network) *Relay {
	t.Helper()
	r, err := Start(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Stop() })
	return r
}

func dial(t *testing.T, r *Relay, address string) *net.TCPConn {
	t.Helper()
	nc, err := r.Connect(t.Context(), address, "", new(net.Dialer).DialContext)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc.(*net.TCPConn)
}

// All bytes arrive, in order, and so does the end of each direction.
func TestBytesArrive(t *testing.T) {
	for _, n := range []cell.Network{
		{Delay: time.Millisecond}, {Delay: time.Millisecond, Jitter: 2 * time.Millisecond}, {Bandwidth: 100e6}, {Stalls: 0.01, Stall: time.Millisecond},
	} {
		r := start(t, n)
		address := loopback.Serve(t, func(nc net.Conn) {
			b, _ := io.ReadAll(nc) // the client's end arrives before the answer
			_, _ = nc.Write(b)
		})
		nc := dial(t, r, address)
		sent := make([]byte, 3<<20)
		for i := range sent {
			sent[i] = byte(rand.Uint32())
		}
		go func() { _, _ = nc.Write(sent); _ = nc.CloseWrite() }()
		got, err := io.ReadAll(nc)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%+v: %d of %d bytes, %v", n, len(got), len(sent), err)
		}
		_ = nc.Close()
		stats, err := r.Stop()
		if err != nil || stats.Connections != 1 || stats.Bytes != 2*int64(len(sent)) || stats.Late.Count() == 0 || (n.Stalls > 0) != (stats.Stalls > 0) {
			t.Errorf("%+v: %+v, %v", n, stats, err)
		}
	}
}

// A refused connection and one that breaks look as they do without a relay.
func TestFailuresPass(t *testing.T) {
	r := start(t, cell.Network{Delay: time.Millisecond})
	_, err := r.Connect(t.Context(), "127.0.0.1:1", "", new(net.Dialer).DialContext)
	var op *net.OpError
	if !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &op) || op.Addr.String() != "127.0.0.1:1" {
		t.Errorf("refused: %v", err)
	}
	nc := dial(t, r, loopback.Serve(t, func(nc net.Conn) { _, _ = nc.Read(make([]byte, 1)); reset(nc) }))
	_, _ = nc.Write([]byte("x"))
	if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Connect(ctx, "127.0.0.1:1", "", new(net.Dialer).DialContext); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// Connections are reset after a while.
func TestResets(t *testing.T) {
	r := start(t, cell.Network{Resets: 5 * time.Millisecond})
	address := loopback.Serve(t, func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) })
	for range 20 {
		nc := dial(t, r, address)
		if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%v", err)
		}
	}
	if stats, err := r.Stop(); err != nil || stats.Resets != 20 {
		t.Errorf("%+v, %v", stats, err)
	}
}
