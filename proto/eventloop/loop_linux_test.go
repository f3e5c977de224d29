package eventloop_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
)

// A collector keeps received messages.
type collector struct {
	messages chan []byte
	ended    chan error
}

func newCollector() *collector {
	return &collector{messages: make(chan []byte, 100_000), ended: make(chan error, 2)}
}

func (c *collector) Message(p []byte, _ int64) { c.messages <- bytes.Clone(p) }
func (c *collector) Ended(err error)           { c.ended <- err }

// A returner echoes messages.
type returner struct {
	c     *eventloop.Conn
	ended chan error
}

func (r *returner) Message(p []byte, _ int64) { _ = r.c.Send(p) }

func (r *returner) Ended(err error) {
	_ = r.c.CloseSend()
	_ = r.c.CloseSent()
	r.ended <- err
}

// looped returns a driven Conn and its peer, an echo on another loop. Small socket
// buffers split every write.
func looped(t testing.TB, loops [2]*eventloop.Loop, protocol string, small bool) (*eventloop.Conn, *collector, *returner) {
	a, b := eventlooptest.Pair(t)
	if small {
		for _, c := range []net.Conn{a, b} {
			tc, _ := c.(*net.TCPConn)
			_ = tc.SetReadBuffer(32 << 10)
			_ = tc.SetWriteBuffer(32 << 10)
		}
	}
	f, g := framings[protocol]()
	client := eventloop.NewConn(a, f, nil)
	server := &returner{eventloop.NewConn(b, g, nil), make(chan error, 2)}
	server.c.PauseReads = true
	if err := server.c.Drive(loops[0], server); err != nil {
		t.Fatal(err)
	}
	got := newCollector()
	if err := client.Drive(loops[1], got); err != nil {
		t.Fatal(err)
	}
	return client, got, server
}

// Messages of all sizes return whole and in order, then the end.
func TestLoopEcho(t *testing.T) {
	loops := [2]*eventloop.Loop{eventlooptest.NewLoop(t), eventlooptest.NewLoop(t)}
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, 100_000)), 1, 12).Draw(rt, "sizes")
		protocol := rapid.SampledFrom([]string{"tcp", "websocket"}).Draw(rt, "protocol")
		client, got, server := looped(t, loops, protocol, rapid.Bool().Draw(rt, "small buffers"))
		for i, n := range sizes {
			if err := client.Send(bytes.Repeat([]byte{byte(i)}, n)); err != nil {
				rt.Fatal(err)
			}
		}
		if err := client.CloseSend(); err != nil {
			rt.Fatal(err)
		}
		for i, n := range sizes {
			if p := <-got.messages; len(p) != n || bytes.Count(p, []byte{byte(i)}) != n {
				rt.Fatalf("message %d of %d bytes came back as %d others", i, n, len(p))
			}
		}
		if err := <-got.ended; !errors.Is(err, io.EOF) {
			rt.Fatalf("the end is %v, want io.EOF", err)
		}
		if err := <-server.ended; !errors.Is(err, io.EOF) {
			rt.Fatalf("the end at the peer is %v, want io.EOF", err)
		}
		_ = client.Close()
	})
}

// Send blocks if the peer does not read, Close unblocks it, and memory is bounded.
func TestDrivenSendBlocks(t *testing.T) {
	a, _ := eventlooptest.Pair(t)
	c := eventloop.NewConn(a, framing.TCP{}, nil)
	h := newCollector()
	if err := c.Drive(eventlooptest.NewLoop(t), h); err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64
	result := make(chan error)
	go func() {
		p := make([]byte, 64<<10)
		for {
			if err := c.Send(p); err != nil {
				result <- err
				return
			}
			sent.Add(1)
		}
	}()
	for before := int64(-1); before != sent.Load(); runtime.Gosched() {
		before = sent.Load()
	}
	_ = c.Close()
	if err := <-result; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send on a closed Conn: %v", err)
	}
	if err := <-h.ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the handler got %v", err)
	}
	if n := sent.Load(); n > 1000 {
		t.Errorf("%d messages of 64 KiB accepted for a peer that reads nothing", n)
	}
}

func TestLoopCloseEndsEachConnOnce(t *testing.T) {
	l := eventlooptest.NewLoop(t)
	handlers := make([]*collector, 20)
	for i := range handlers {
		a, _ := eventlooptest.Pair(t)
		handlers[i] = newCollector()
		// Bytes that arrived with the handshake come first.
		if err := eventloop.NewConn(a, framing.TCP{}, []byte{0, 0, 0, 1, 'x'}).Drive(l, handlers[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i, h := range handlers {
		if p := <-h.messages; string(p) != "x" {
			t.Fatalf("conn %d got %q", i, p)
		}
	}
	l.Close()
	l.Close()
	for i, h := range handlers {
		if err := <-h.ended; !errors.Is(err, net.ErrClosed) || len(h.ended) > 0 {
			t.Errorf("conn %d got %v, and %d more ends", i, err, len(h.ended))
		}
	}
	a, _ := eventlooptest.Pair(t)
	if err := eventloop.NewConn(a, framing.TCP{}, nil).Drive(l, newCollector()); err == nil {
		t.Error("Drive succeeds on a closed loop")
	}
	if l.Post(func() {}) {
		t.Error("Post succeeds on a closed loop")
	}
}

func TestLoopReportsViolation(t *testing.T) {
	a, b := eventlooptest.Pair(t)
	h := newCollector()
	c := eventloop.NewConn(a, &framing.WebSocket{}, nil)
	if err := c.Drive(eventlooptest.NewLoop(t), h); err != nil {
		t.Fatal(err)
	}
	_, _ = b.Write([]byte{0x82, 1, 'x'}) // an unmasked client frame
	if err := <-h.ended; !errors.Is(err, framing.ErrMalformed) {
		t.Errorf("the handler got %v", err)
	}
	reply := make([]byte, 4)
	if _, err := io.ReadFull(b, reply); err != nil || reply[0] != 0x88 || reply[3] != 1002&0xff {
		t.Errorf("the peer got %x, %v; want a close frame with 1002", reply, err)
	}
	_ = c.Close()
}

// Allocations of both ends of an echo, including the loops.
func TestLoopCostsNoAllocation(t *testing.T) {
	const n = 5000
	trip := bouncing(t, n)
	trip()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	trip()
	runtime.ReadMemStats(&after)
	if each := float64(after.Mallocs-before.Mallocs) / n; each > 0.02 {
		t.Errorf("%.3f allocations an echo", each)
	}
}

// A bouncer sends the next message when the last one returns.
type bouncer struct {
	c    *eventloop.Conn
	p    []byte
	left int
	done chan struct{}
}

func (b *bouncer) Message([]byte, int64) {
	if b.left--; b.left == 0 {
		b.done <- struct{}{}
		return
	}
	_ = b.c.Send(b.p)
}

func (b *bouncer) Ended(error) {}

// bouncing returns a function that sends a message back and forth n times between two
// loops.
func bouncing(t testing.TB, n int) func() {
	a, b := eventlooptest.Pair(t)
	server := &returner{eventloop.NewConn(b, &framing.WebSocket{}, nil), make(chan error, 2)}
	if err := server.c.Drive(eventlooptest.NewLoop(t), server); err != nil {
		t.Fatal(err)
	}
	client := &bouncer{c: eventloop.NewConn(a, &framing.WebSocket{Client: true}, nil), p: make([]byte, 128), done: make(chan struct{}, 1)}
	if err := client.c.Drive(eventlooptest.NewLoop(t), client); err != nil {
		t.Fatal(err)
	}
	return func() {
		client.left = n
		_ = client.c.Send(client.p)
		<-client.done
	}
}

func BenchmarkLoopEcho(b *testing.B) {
	b.ReportAllocs()
	bouncing(b, b.N)()
}

// A loop is told of bytes once: it must come back for those that did not fit into its buffer, and for an end
// that arrived with them.
func TestLoopReadsAllBeforeTheEnd(t *testing.T) {
	const count, size = 100, 10_000
	near, far := eventlooptest.Pair(t)
	c := eventloop.NewConn(near, framing.TCP{}, nil)
	got := newCollector()
	var sent []byte
	for i := range count {
		sent = framing.TCP{}.Append(sent, bytes.Repeat([]byte{byte(i)}, size))
	}
	go func() {
		_, _ = far.Write(sent)
		_ = far.Close()
	}()
	if err := c.Drive(eventlooptest.NewLoop(t), got); err != nil {
		t.Fatal(err)
	}
	if err := <-got.ended; err != io.EOF { //nolint:errorlint // a wrapped one is no clean end
		t.Errorf("ended with %v, want EOF", err)
	}
	if n := len(got.messages); n != count {
		t.Errorf("%d messages, want %d", n, count)
	}
	_ = c.Close()
}
