package eventloop_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
)

// However a parked connection is used next, it has lost nothing: a message read with the handshake, one that came
// since, one that Recv left, and those sent meanwhile, though they exceed the socket's buffers.
func TestParkLosesNothing(t *testing.T) {
	t.Parallel()
	const sent = 8
	for name, resume := range map[string]func(t *testing.T, c *eventloop.Conn) (recv func() string){
		"driven": func(t *testing.T, c *eventloop.Conn) func() string {
			in := make(chan string, 4)
			if err := c.Drive(eventlooptest.NewLoop(t), queue(in)); err != nil {
				t.Fatal(err)
			}
			return func() string { return <-in }
		},
		"received": func(t *testing.T, c *eventloop.Conn) func() string {
			return func() string {
				p, err := c.Recv()
				if err != nil {
					t.Error(err)
				}
				return string(p)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			nc, peer := eventlooptest.Pair(t)
			frame := func(text string) []byte { return framing.TCP{}.Append(nil, []byte(text)) }
			c := eventloop.NewConn(nc, framing.TCP{}, append(frame("first"), frame("second")...))
			if p, err := c.Recv(); err != nil || string(p) != "first" {
				t.Fatalf("%q, %v", p, err)
			}
			c.Park()
			c.Park()
			if !c.Writable() {
				t.Error("a parked connection is not writable")
			}
			if _, err := peer.Write(frame("third")); err != nil {
				t.Fatal(err)
			}
			p := make([]byte, 1<<20)
			for range sent {
				if err := c.Send(p); err != nil {
					t.Fatal(err)
				}
			}
			drained := make(chan error, 1)
			go func() {
				_, err := io.ReadFull(peer, make([]byte, sent*len(framing.TCP{}.Append(nil, p))))
				drained <- err
			}()
			recv := resume(t, c)
			for _, want := range []string{"second", "third"} {
				if got := recv(); got != want {
					t.Errorf("received %q, want %q", got, want)
				}
			}
			if err := <-drained; err != nil {
				t.Error("the peer received less than was sent:", err)
			}
			_ = c.Close()
		})
	}
}

// queue passes messages on to a channel.
type queue chan string

func (q queue) Message(p []byte, _ int64) { q <- string(p) }

func (queue) Ended(error) {}

// Closing a parked connection ends it for the peer, and for the next call.
func TestCloseParked(t *testing.T) {
	t.Parallel()
	nc, peer := eventlooptest.Pair(t)
	c := eventloop.NewConn(nc, framing.TCP{}, nil)
	c.Park()
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	if n, err := peer.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("the peer read %d bytes, %v; want io.EOF", n, err)
	}
	if err := c.Drive(eventlooptest.NewLoop(t), nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Drive: %v, want net.ErrClosed", err)
	}
	if err := c.Send([]byte("late")); err == nil {
		t.Error("Send succeeded")
	}
	if p, err := c.Recv(); err == nil {
		t.Errorf("received %q", p)
	}
}

// A connection that is no bare socket stays as it is.
func TestParkUnsupported(t *testing.T) {
	t.Parallel()
	nc, peer := net.Pipe()
	t.Cleanup(func() { _ = nc.Close(); _ = peer.Close() })
	c := eventloop.NewConn(nc, framing.TCP{}, nil)
	c.Park()
	go func() { _, _ = peer.Write(framing.TCP{}.Append(nil, []byte("message"))) }()
	if p, err := c.Recv(); err != nil || string(p) != "message" {
		t.Errorf("%q, %v", p, err)
	}
}

// The first Recv does not wait for a Send that is blocked: the peer may write before it reads.
func TestFirstRecvBesideBlockedSend(t *testing.T) {
	t.Parallel()
	nc, peer := net.Pipe()
	t.Cleanup(func() { _ = nc.Close(); _ = peer.Close() })
	c := eventloop.NewConn(nc, framing.TCP{}, nil)
	go func() { _ = c.Send([]byte("request")) }()
	if _, err := peer.Read(make([]byte, 1)); err != nil { // Send has the rest to write
		t.Fatal(err)
	}
	go func() { _, _ = peer.Write(framing.TCP{}.Append(nil, []byte("message"))) }()
	if p, err := c.Recv(); err != nil || string(p) != "message" {
		t.Errorf("%q, %v", p, err)
	}
}
