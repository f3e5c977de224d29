package eventloop_test

import (
	"testing"

	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
)

// A Conn without a loop is writable until its peer has stopped reading for long, and
// again once it reads. Writable does not allocate.
func TestWritable(t *testing.T) {
	a, b := eventlooptest.Pair(t)
	c := eventloop.NewConn(a, framing.TCP{}, nil)
	p := make([]byte, 4<<10)
	sent := 0
	for ; c.Writable(); sent++ {
		if sent > 64<<10 {
			t.Fatal("still writable after 256 MiB for a peer that reads nothing")
		}
		if err := c.Send(p); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.Writable() }); n > 0 {
		t.Errorf("Writable allocates %v times", n)
	}
	peer := eventloop.NewConn(b, framing.TCP{}, nil)
	for range sent {
		if _, err := peer.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	if !c.Writable() {
		t.Error("not writable after the peer has read everything")
	}
	_ = c.Close()
	if !c.Writable() {
		t.Error("a closed Conn is not writable: Send could not report it")
	}
}

func BenchmarkWritable(b *testing.B) {
	nc, _ := eventlooptest.Pair(b)
	c := eventloop.NewConn(nc, framing.TCP{}, nil)
	b.ReportAllocs()
	for b.Loop() {
		if !c.Writable() {
			b.Fatal("not writable")
		}
	}
}
