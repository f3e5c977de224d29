package grpc_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/loopback"
	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// A pingListener counts the PING frames that clients send on its connections.
type pingListener struct {
	net.Listener
	pings  atomic.Int64
	seen   chan struct{}
	counts sync.WaitGroup
}

func (l *pingListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	in, out := io.Pipe()
	l.counts.Go(func() { l.count(in) })
	return &countedConn{nc, out}, nil
}

func (l *pingListener) count(in io.Reader) {
	defer func() { _, _ = io.Copy(io.Discard, in) }()
	if _, err := io.ReadFull(in, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	for fr := http2.NewFramer(io.Discard, in); ; {
		f, err := fr.ReadFrame()
		if err != nil {
			return
		}
		if p, ok := f.(*http2.PingFrame); ok && !p.IsAck() {
			l.pings.Add(1)
			select {
			case l.seen <- struct{}{}:
			default:
			}
		}
	}
}

type countedConn struct {
	net.Conn
	copied *io.PipeWriter
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	_, _ = c.copied.Write(bytes.Clone(p[:n]))
	if err != nil {
		_ = c.copied.Close()
	}
	return n, err
}

// serveCounted starts grpc-go, which echoes on Talk.
func serveCounted(t *testing.T, options ...grpc.ServerOption) (l *pingListener, stop func()) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = &pingListener{Listener: inner, seen: make(chan struct{}, 4)}
	options = append(options, grpc.ForceServerCodecV2(framing.BenchCodec{}), grpc.UnknownServiceHandler(func(_ any, st grpc.ServerStream) error {
		name, _ := grpc.MethodFromServerStream(st)
		return answerTest(name[len("/test.Test/"):], new(seenCalls), st)
	}))
	s := grpc.NewServer(options...)
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	stop = sync.OnceFunc(func() { s.Stop(); <-served; l.counts.Wait() })
	t.Cleanup(stop)
	return l, stop
}

// pinging opens a stream of stack lean with pings.
func pinging(t *testing.T, address string, ping driver.Ping) (*driver.Stream, *driver.PingCounts) {
	t.Helper()
	n := new(driver.PingCounts)
	ping.Counts = n
	d := client(proto.Lean).custom(t, address, "Talk", func(target *drivertest.Target) { target.Ping = ping })
	return drivertest.Open(t, d, proto.Call{}), n
}

// PING frames are sent while nothing is received, and answered by grpc-go. The counts of both ends agree.
func TestPings(t *testing.T) {
	t.Parallel()
	l, stop := serveCounted(t, grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Nanosecond, PermitWithoutStream: true}))
	st, n := pinging(t, l.Addr().String(), driver.Ping{Every: 10 * time.Millisecond, Timeout: time.Minute})
	for range 4 { // the fourth is sent after three answers
		<-l.seen
	}
	_ = st.Close()
	stop()
	if got, sent := l.pings.Load(), int64(n.Sent.Load()); got != sent || got < 3 {
		t.Errorf("the server received %d pings, the client sent %d", got, sent)
	}
}

// A server that forbids so many pings says so, and its GOAWAY has a class of its own.
func TestTooManyPings(t *testing.T) {
	t.Parallel()
	l, _ := serveCounted(t)
	st, _ := pinging(t, l.Addr().String(), driver.Ping{Every: 10 * time.Millisecond, Timeout: time.Minute})
	_, err := st.Recv()
	if got := driver.Class(err); got != "HTTP/2 GOAWAY: too many pings" {
		t.Errorf("%v, of class %s", err, got)
	}
}

// Both clients name a ping without an answer. grpc-go pings every 10 s at most.
func TestPingTimeout(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{proto.Lean, proto.Stock} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			ping := driver.Ping{Every: 10 * time.Millisecond, Timeout: 10 * time.Millisecond}
			if stack == proto.Stock {
				testrun.OnlyWithAll(t)
				ping.Every = 10 * time.Second
			}
			address := loopback.Serve(t, answerSettingsOnly)
			st := drivertest.Open(t, client(stack).custom(t, address, "Talk", func(target *drivertest.Target) { target.Ping = ping }), proto.Call{})
			_, err := st.Recv()
			if got := driver.Class(err); got != "gRPC Unavailable: ping timeout" && got != "ping timeout" {
				t.Errorf("%v, of class %s", err, got)
			}
		})
	}
}

// answerSettingsOnly is an HTTP/2 server that answers nothing after its settings.
func answerSettingsOnly(nc net.Conn) {
	fr := http2.NewFramer(nc, nc)
	_ = fr.WriteSettings()
	_ = fr.WriteSettingsAck()
	_, _ = io.Copy(io.Discard, nc)
}
