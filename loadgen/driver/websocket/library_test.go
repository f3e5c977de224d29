package websocket_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// forEachStack runs a test for clients of each stack. The server upgrades and then calls serve.
func forEachStack(t *testing.T, serve func(net.Conn), test func(t *testing.T, d *drivertest.Client)) {
	at := serveUpgraded(t, serve)
	for _, stack := range proto.StacksOf("websocket") {
		t.Run(stack, func(t *testing.T) {
			target := drivertest.WebSocketTarget(t, at, "/", func(e *driver.Endpoint) { e.Limit = 1000 })
			target.Stack, target.Dial = stack, func(ctx context.Context, network, address string) (net.Conn, error) {
				nc, err := new(net.Dialer).DialContext(ctx, network, address)
				return yielding{nc}, err
			}
			test(t, drivertest.NewCustomDriver(t, "websocket", target))
		})
	}
}

// serveUpgraded starts a server that upgrades and then calls serve, and returns its URL.
func serveUpgraded(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	return drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		nc, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer nc.Close()
		serve(nc)
	}, false).URL
}

// A yielding connection lets other goroutines run after each write.
type yielding struct{ net.Conn }

func (c yielding) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	for range 10 {
		runtime.Gosched()
	}
	return n, err
}

// Streams that end for the same reason have the same class with every stack.
func TestClassOfEnd(t *testing.T) {
	t.Parallel()
	for want, frames := range map[string][]byte{
		"closed by the server: 1000 normal closure":     ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, ""))),
		"closed by the server: 1005 no status received": ws.MustCompileFrame(ws.NewCloseFrame(nil)),
		"closed by the server: 1008 policy violation":   ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1008, "too\nmuch"))),
		"closed by the server: 4001":                    ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(4001, ""))),
		"connection closed by the server":               nil,
		"message too long":                              ws.MustCompileFrame(ws.NewTextFrame(make([]byte, 1001))),
	} {
		forEachStack(t, func(nc net.Conn) { _, _ = nc.Write(frames) }, func(t *testing.T, d *drivertest.Client) {
			st := drivertest.Open(t, d, proto.Call{})
			err := drivertest.Bounded(t, "Recv", func() error {
				_, err := st.Recv()
				return err
			})
			if got := driver.Class(err); got != want || strings.Contains(err.Error(), "1 MiB") {
				t.Errorf("class %q of %v, want %q", got, err, want)
			}
		})
	}
}

// Answers to pings come between messages, not inside them.
func TestPingsDuringSends(t *testing.T) {
	t.Parallel()
	const messages = 1000
	message := bytes.Repeat([]byte("x"), 500)
	forEachStack(t, func(nc net.Conn) {
		var pings sync.WaitGroup
		pings.Go(func() {
			for range messages {
				if _, err := nc.Write(ws.MustCompileFrame(ws.NewPingFrame([]byte("p")))); err != nil {
					return
				}
			}
		})
		defer pings.Wait()
		for received := 0; received < messages; {
			f, err := readFrame(nc)
			if err == nil && f.Header.OpCode != ws.OpPong {
				received++
				if f = ws.UnmaskFrameInPlace(f); !bytes.Equal(f.Payload, message) {
					_ = nc.Close()
					return
				}
			}
			if err != nil {
				_ = nc.Close()
				return
			}
		}
		pings.Wait()
		_ = ws.WriteFrame(nc, ws.NewTextFrame([]byte("all")))
		_, _ = io.Copy(io.Discard, nc) // until the client leaves
	}, func(t *testing.T, d *drivertest.Client) {
		st := drivertest.Open(t, d, proto.Call{})
		var sends sync.WaitGroup
		sends.Go(func() {
			for range messages {
				if st.Send(message) != nil {
					return
				}
			}
		})
		drivertest.Recv(t, st, "all")
		sends.Wait()
	})
}
