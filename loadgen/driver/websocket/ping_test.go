package websocket_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// pingServer counts pings, answers them if told so, and sends the number of each ping as a message.
func pingServer(answers bool, counts chan<- int) func(net.Conn) {
	return func(nc net.Conn) {
		pings := 0
		defer func() { counts <- pings }()
		for {
			h, err := ws.ReadHeader(nc)
			if err != nil || h.Length > 125 {
				return
			}
			p := make([]byte, h.Length)
			if _, err := io.ReadFull(nc, p); err != nil {
				return
			}
			if h.OpCode != ws.OpPing {
				continue
			}
			pings++
			if answers {
				ws.Cipher(p, h.Mask, 0)
				_ = ws.WriteFrame(nc, ws.NewPongFrame(p))
				_ = ws.WriteFrame(nc, ws.NewTextFrame([]byte("ping")))
			}
		}
	}
}

// Every stack that reports pongs pings at the interval, and the counts of both ends agree.
func TestPings(t *testing.T) {
	t.Parallel()
	counts := make(chan int, 1)
	forEachPingingStack(t, pingServer(true, counts), driver.Ping{Every: 10 * time.Millisecond, Timeout: time.Minute}, func(t *testing.T, d *drivertest.Client, n *driver.PingCounts) {
		st := drivertest.Open(t, d, proto.Call{})
		for range 3 {
			if p, err := st.Recv(); err != nil || string(p) != "ping" {
				t.Fatalf("%q, %v", p, err)
			}
		}
		_ = st.Close()
		if got, sent, answered := <-counts, int(n.Sent.Load()), int(n.Answered.Load()); got != sent || got < 3 || answered < 2 || answered > sent || n.Longest.Load() <= 0 {
			t.Errorf("the server counted %d pings, the client %d with %d answers, at most %d ns", got, sent, answered, n.Longest.Load())
		}
	})
}

// A ping without an answer in time ends the stream with a class of its own.
func TestPingTimeout(t *testing.T) {
	t.Parallel()
	counts := make(chan int, 1)
	forEachPingingStack(t, pingServer(false, counts), driver.Ping{Every: 10 * time.Millisecond, Timeout: 10 * time.Millisecond}, func(t *testing.T, d *drivertest.Client, n *driver.PingCounts) {
		st := drivertest.Open(t, d, proto.Call{})
		_, err := st.Recv()
		if driver.Class(err) != "ping timeout" || !strings.Contains(err.Error(), "target.ping.timeout") {
			t.Errorf("%v, of class %s", err, driver.Class(err))
		}
		if err := st.Send([]byte("x")); err == nil {
			t.Error("Send succeeds after the end")
		}
		_ = st.Close()
		if got := <-counts; got != 1 || n.Sent.Load() != 1 || n.Answered.Load() != 0 {
			t.Errorf("the server counted %d pings, the client %d with %d answers; want 1", got, n.Sent.Load(), n.Answered.Load())
		}
	})
}

// forEachPingingStack is forEachStack with pings. Stack stock refuses them.
func forEachPingingStack(t *testing.T, serve func(net.Conn), ping driver.Ping, test func(t *testing.T, d *drivertest.Client, n *driver.PingCounts)) {
	t.Helper()
	s := serveUpgraded(t, serve)
	for _, stack := range []string{proto.Lean, "lean, driven", proto.Gorilla, proto.Coder, proto.Stock} {
		t.Run(stack, func(t *testing.T) {
			n := new(driver.PingCounts)
			name, _, driven := strings.Cut(stack, ",")
			target := drivertest.WebSocketTarget(t, s, "/", func(e *driver.Endpoint) { e.Limit = 1000 })
			target.Stack, target.Ping = name, ping
			target.Ping.Counts = n
			d := drivertest.NewCustomDriver(t, "websocket", target)
			if name == proto.Stock {
				if _, err := d.Open(t.Context(), proto.Call{}); err == nil || !strings.Contains(err.Error(), "pings need a library that reports pongs; expected stack lean, gorilla or coder") {
					t.Error(err)
				}
				return
			}
			if driven {
				d = drivertest.WithLoop(t, d)
			}
			test(t, d, n)
		})
	}
}
