package eventloop_test

import (
	"errors"
	"io"
	"testing"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
)

// framings returns both ends' framing by protocol.
var framings = map[string]func() (client, server framing.Framing){
	"tcp":       func() (_, _ framing.Framing) { return framing.TCP{}, framing.TCP{} },
	"websocket": func() (_, _ framing.Framing) { return &framing.WebSocket{Client: true}, &framing.WebSocket{} },
	"sse":       func() (_, _ framing.Framing) { return newEvents(), newEvents() },
}

// events sends and receives events.
type events struct {
	framing.SSE
	in framing.EventStream
}

func newEvents() *events {
	return &events{framing.SSE{Chunked: true}, framing.EventStream{Chunked: true, Base64: true}}
}

func (f *events) Next(in []byte) (framing.Kind, []byte, int, error) { return f.in.Next(in) }

func (f *events) AtEOF(rest int) error { return f.in.AtEOF(rest) }

// conns returns by protocol a Conn whose peer echoes.
func conns(t testing.TB) map[string]*eventloop.Conn {
	out := map[string]*eventloop.Conn{}
	for name, ends := range framings {
		out[name] = echoing(t, ends)
	}
	return out
}

func echoing(t testing.TB, ends func() (client, server framing.Framing)) *eventloop.Conn {
	a, b := eventlooptest.Pair(t)
	f, g := ends()
	client, server := eventloop.NewConn(a, f, nil), eventloop.NewConn(b, g, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			p, err := server.Recv()
			if err != nil || server.Send(p) != nil {
				_ = server.CloseSend()
				return
			}
		}
	}()
	t.Cleanup(func() { _ = client.Close(); <-done })
	return client
}

func TestConnCostsNoAllocation(t *testing.T) {
	for name, c := range conns(t) {
		m := proto.NewMessage(128, false)
		trip := func() {
			if err := c.Send(m.Stamp(proto.Header{Seq: 1})); err != nil {
				t.Fatal(err)
			}
			if p, err := c.Recv(); err != nil || len(p) != 128 {
				t.Fatal(len(p), err)
			}
		}
		for range 50 {
			trip()
		}
		if n := testing.AllocsPerRun(200, trip); n != 0 {
			t.Errorf("%s: %v allocations an echo, both ends together", name, n)
		}
	}
}

func TestConnEnds(t *testing.T) {
	for name, c := range conns(t) {
		for range 2 {
			if err := c.CloseSend(); err != nil {
				t.Fatalf("%s: CloseSend: %v", name, err)
			}
		}
		if err := c.Send([]byte("late")); !errors.Is(err, eventloop.ErrSendAfterEnd) {
			t.Errorf("%s: Send after CloseSend: %v", name, err)
		}
		if _, err := c.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: Recv at the end: %v, want io.EOF", name, err)
		}
	}
}

func TestLostConnectionIsNotEOF(t *testing.T) {
	for name, ends := range framings {
		if name == "tcp" {
			continue // it ends with its connection
		}
		a, b := eventlooptest.Pair(t)
		f, _ := ends()
		c := eventloop.NewConn(a, f, nil)
		_ = b.Close()
		if _, err := c.Recv(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: Recv from a lost connection: %v", name, err)
		}
	}
	a, b := eventlooptest.Pair(t)
	c := eventloop.NewConn(a, framing.TCP{}, []byte{0, 0, 0, 9, 'x'})
	_ = b.Close()
	if _, err := c.Recv(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Recv of half a message: %v", err)
	}
}

func BenchmarkEcho(b *testing.B) {
	for name, c := range conns(b) {
		b.Run(name, func(b *testing.B) {
			m := proto.NewMessage(128, false)
			b.ReportAllocs()
			for i := range b.N {
				if err := c.Send(m.Stamp(proto.Header{Seq: uint64(i)})); err != nil {
					b.Fatal(err)
				}
				if _, err := c.Recv(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
