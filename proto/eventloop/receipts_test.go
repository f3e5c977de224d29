package eventloop_test

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// However a connection is read, one read in 16 is timed, and every byte arrives.
func TestReceiptsOfEveryReader(t *testing.T) {
	const messages = 160
	waitForStamps(t)
	for name, exchange := range map[string]func(t *testing.T, nc net.Conn){
		"connection": func(t *testing.T, nc net.Conn) {
			p := make([]byte, 5)
			for range messages {
				if _, err := nc.Write([]byte{0, 0, 0, 1, 'm'}); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(nc, p); err != nil {
					t.Fatal(err)
				}
			}
		},
		"blocking": func(t *testing.T, nc net.Conn) {
			c := eventloop.NewConn(nc, framing.TCP{}, nil)
			for range messages {
				if err := c.Send([]byte("message")); err != nil {
					t.Fatal(err)
				}
				if p, err := c.Recv(); err != nil || string(p) != "message" {
					t.Fatal(string(p), err)
				}
			}
		},
		"loop": func(t *testing.T, nc net.Conn) {
			l, err := eventloop.New()
			if err != nil {
				t.Skip(err)
			}
			defer l.Close()
			c := eventloop.NewConn(nc, framing.TCP{}, nil)
			h := &pinger{left: messages, done: make(chan error, 1)}
			h.send = func() error { return c.Send([]byte("message")) }
			if err := c.Drive(l, h); err != nil {
				t.Fatal(err)
			}
			if !l.Post(func() { _ = h.send() }) {
				t.Fatal("the loop has ended")
			}
			if err := <-h.done; err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var samples, wrong atomic.Int64
			receipts := eventloop.NewReceipts(func(at int64, waited time.Duration) {
				samples.Add(1)
				if at <= 0 || waited < 0 {
					wrong.Add(1)
				}
			})
			nc := echoConn(t)
			traffic := new(eventloop.Traffic)
			if !traffic.SampleReceipts(nc, receipts) {
				t.Skip("this system stamps no receipts")
			}
			exchange(t, traffic.Count(nc))
			// A read may return no message, or less than a whole one, but not two of them here.
			if n := samples.Load(); n < messages/16-1 || wrong.Load() > 0 {
				t.Errorf("%d samples of %d messages, %d of them wrong", n, messages, wrong.Load())
			}
		})
	}
}

// waitForStamps returns when the kernel stamps: it begins some time after the first socket
// asks for it, and goes on while one is open.
func waitForStamps(t *testing.T) {
	t.Helper()
	var stamped atomic.Bool
	nc, traffic := echoConn(t), new(eventloop.Traffic)
	if !traffic.SampleReceipts(nc, eventloop.NewReceipts(func(int64, time.Duration) { stamped.Store(true) })) {
		t.Skip("this system stamps no receipts")
	}
	nc = traffic.Count(nc)
	tries := 0
	for p := make([]byte, 1); !stamped.Load(); tries++ {
		if tries == 100_000 {
			t.Skip("this kernel stamps no receipts")
		}
		if _, err := nc.Write(p); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(nc, p); err != nil {
			t.Fatal(err)
		}
	}
}

// echoConn returns a connection to a server that returns what it receives.
func echoConn(t *testing.T) net.Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = nc.Close() }()
		_, _ = io.Copy(nc, nc)
	}()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// A pinger sends the next message when the last one has come back.
type pinger struct {
	left int
	send func() error
	done chan error
}

func (p *pinger) Message([]byte, int64) {
	if p.left--; p.left == 0 {
		p.done <- nil
		return
	}
	if err := p.send(); err != nil {
		p.done <- err
	}
}

func (p *pinger) Ended(err error) {
	select {
	case p.done <- err:
	default:
	}
}
