package eventloop_test

import (
	"bytes"
	"net"
	"testing"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
)

// A pacer may call Writable during Drive, as when a stream is reopened.
func TestWritableDuringDrive(t *testing.T) {
	l := eventlooptest.NewLoop(t)
	for range 20 {
		a, _ := eventlooptest.Pair(t)
		c := eventloop.NewConn(a, framing.TCP{}, nil)
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			for range 100 {
				if !c.Writable() {
					t.Error("not writable, although nothing was sent")
				}
			}
		}()
		if err := c.Drive(l, newCollector()); err != nil {
			t.Fatal(err)
		}
		<-asked
	}
}

// counting counts messages.
type counting struct{ came, ended chan int }

func (c counting) Message([]byte, int64) { c.came <- 1 }
func (c counting) Ended(error)           { c.ended <- 1 }

// A peer that pings and reads nothing costs bounded memory, and its messages are
// received.
func TestUnreadPongsAreBounded(t *testing.T) {
	const pings = 100 << 10 // of 127 bytes: the pongs are 13 MB
	a, b := eventlooptest.Pair(t)
	c := eventloop.NewConn(a, &framing.WebSocket{Client: true}, nil)
	h := counting{make(chan int, 1), make(chan int, 1)}
	if err := c.Drive(eventlooptest.NewLoop(t), h); err != nil {
		t.Fatal(err)
	}
	frame := append([]byte{0x89, 125}, bytes.Repeat([]byte("x"), 125)...)
	flood := append(bytes.Repeat(frame, pings), 0x82, 0)
	go func(nc net.Conn) { _, _ = nc.Write(flood) }(b)
	<-h.came
	if n := c.Buffered(); n > 1<<20 {
		t.Errorf("%d bytes are buffered", n)
	}
	_ = c.Close()
	<-h.ended
}

var _ proto.Handler = counting{}
