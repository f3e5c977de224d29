package eventloop_test

import (
	"testing"

	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// A Conn that no loop drives has room until its peer has taken nothing for long, and again
// when it has. To ask costs no allocation.
func TestRoomOfASocket(t *testing.T) {
	a, b := pair(t)
	c := eventloop.NewConn(a, framing.TCP{}, nil)
	p := make([]byte, 4<<10)
	sent := 0
	for ; c.Writable(); sent++ {
		if sent > 64<<10 {
			t.Fatal("a peer that reads nothing has taken 256 MiB")
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
		t.Error("there is no room when all has been taken")
	}
	_ = c.Close()
	if !c.Writable() {
		t.Error("a closed Conn does not let a Send say so")
	}
}

func BenchmarkRoomOfASocket(b *testing.B) {
	nc, _ := pair(b)
	c := eventloop.NewConn(nc, framing.TCP{}, nil)
	b.ReportAllocs()
	for b.Loop() {
		if !c.Writable() {
			b.Fatal("no room")
		}
	}
}
