package http2_test

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"

	nethttp2 "golang.org/x/net/http2"

	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// A message leaves as the windows of the stream and the connection allow. The next Send waits
// for it.
func TestSendBlocksOnWindows(t *testing.T) {
	p, h := connected(t, nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 10})
	st, id := p.open(h, false)
	text := strings.Repeat("0123456789abcdef", 5000) // more than the connection's 65,535
	want := framing.GRPC{}.Append(framing.GRPC{}.Append(nil, []byte(text)), []byte("next"))
	p.must(st.Send([]byte(text)))
	sent := make(chan error, 1)
	go func() { sent <- st.Send([]byte("next")) }()
	got := p.gather(id, 10)
	p.must(p.WriteWindowUpdate(id, 3))
	got = append(got, p.gather(id, 3)...)
	// The setting changes open streams too: 40,000 - 10 more.
	p.must(p.WriteSettings(nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 40_000}))
	got = append(got, p.gather(id, 40_000-10)...)
	p.must(p.WriteWindowUpdate(id, 1<<20))
	got = append(got, p.gather(id, 65_535-40_003)...)
	p.inStep()
	select {
	case err := <-sent:
		t.Fatalf("the next Send returned %v with %d bytes to go", err, len(want)-len(got))
	default:
	}
	p.must(p.WriteWindowUpdate(0, 1<<20))
	got = append(got, p.gather(id, len(want)-len(got))...)
	p.must(<-sent)
	if !bytes.Equal(got, want) {
		t.Fatal("the message differs from the one sent")
	}
	// A negative window must first be made up for.
	p.must(p.WriteSettings(nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 0}))
	p.must(p.WriteSettings(nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 40_000}))
	p.inStep()
	p.must(st.Send([]byte("x")))
	p.gather(id, 8)
}

// A handler's Send on a driven stream never blocks. The data leaves as the windows allow,
// in order, and then the end.
func TestHandlerSendDoesNotBlock(t *testing.T) {
	l := eventlooptest.NewLoop(t)
	p, h := connected(t, nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 7})
	st, id := p.open(h, false)
	d := newEventLog()
	d.onto = func(b []byte) {
		for range 3 {
			if err := st.Send(b); err != nil {
				t.Error(err)
			}
		}
		if err := st.CloseSend(); err != nil {
			t.Error(err)
		}
	}
	if err := st.Drive(l, d); err != nil {
		t.Fatal(err)
	}
	p.message(id, "abc")
	d.wait(1)
	want := bytes.Repeat(framing.GRPC{}.Append(nil, []byte("abc")), 3)
	got := p.gather(id, 7)
	p.inStep() // the loop is not blocked
	p.must(p.WriteWindowUpdate(id, 20))
	got = append(got, p.gather(id, 20)...)
	p.must(p.WriteWindowUpdate(id, 100))
	f := expect[*nethttp2.DataFrame](p)
	if got = append(got, f.Data()...); !bytes.Equal(got, want) || !f.StreamEnded() {
		t.Fatalf("the client sends %x, ended %v; want %x", got, f.StreamEnded(), want)
	}
	p.header(id, true, "x", "y")
	check(t, d.wait(2), "abc", "ended: EOF")
}

// A stream buffers one message beyond the windows; it is not writable then, and the next Send
// blocks. Close unblocks it.
func TestSendBlocksBeyondOneMessage(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		for _, end := range []string{"window", "close"} {
			p, h := connected(t, nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 0})
			st, id := p.open(h, false)
			events := receive(st)
			if !st.Writable() {
				t.Fatal("a new stream is not writable")
			}
			p.must(st.Send([]byte("one"))) // buffered
			if st.Writable() {
				t.Fatal("writable with a message that the windows do not allow")
			}
			sent := make(chan error, 1)
			go func() { sent <- st.Send([]byte("two")) }()
			p.inStep()
			select {
			case err := <-sent:
				t.Fatalf("the second Send returned %v", err)
			default:
			}
			if end == "close" {
				_ = st.Close()
				if err := <-sent; !errors.Is(err, net.ErrClosed) {
					t.Fatalf("Send of a stream that was closed: %v", err)
				}
				if f := expect[*nethttp2.RSTStreamFrame](p); f.ErrCode != nethttp2.ErrCodeCancel {
					t.Fatalf("the client closes with %v", f)
				}
				check(t, events(1), "ended: "+net.ErrClosed.Error())
				continue
			}
			p.must(p.WriteWindowUpdate(id, 20))
			p.must(<-sent)
			p.gather(id, 20)
			if !st.Writable() {
				t.Fatal("not writable after all is sent")
			}
		}
	})
}

// Send on a driven stream also blocks while the connection accepts no bytes. Close
// unblocks it.
func TestDrivenSendBlocksOnFullConnection(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		p, h := connected(t, nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 1<<31 - 1})
		p.must(p.WriteWindowUpdate(0, 1<<30))
		st, _ := p.open(h, false)
		events := receive(st)
		sent := make(chan error, 1)
		go func() {
			for {
				if err := st.Send(make([]byte, 1<<20)); err != nil {
					sent <- err
					return
				}
			}
		}()
		expect[*nethttp2.DataFrame](p) // the rest exceeds the TCP buffers
		_ = st.Close()                 // during a Send that is blocked or about to be
		if err := <-sent; err == nil {
			t.Fatal("Send goes on after Close")
		}
		if n := len(events(1)); n != 1 {
			t.Fatalf("%d events", n)
		}
	})
}

// The peer's credit follows Recv: a stream without a reader buffers little, one with a
// reader never stalls.
func TestCreditFollowsRecv(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		p, h := connected(t)
		idle, idleID := p.open(h, true)
		st, id := p.open(h, true)
		for sent := 0; sent < 65_535; { // the whole window
			n := min(1<<14, 65_535-sent)
			p.must(p.WriteData(idleID, false, make([]byte, n)))
			sent += n
		}
		p.inStep()
		events := receive(st)
		const n = 3000
		text := strings.Repeat("x", 1000)
		window, total := 65_535, 0
		for range n {
			frame := framing.GRPC{}.Append(nil, []byte(text))
			for window < len(frame) {
				f := expectCredit(p)
				if f.StreamID == id {
					window += int(f.Increment)
				} else if f.StreamID != 0 {
					t.Fatalf("credit for stream %d, which nobody receives from", f.StreamID)
				}
			}
			window -= len(frame)
			total += len(frame)
			p.must(p.WriteData(id, false, frame))
		}
		if got := events(n); got[0] != text || got[n-1] != text || window > 1<<20 {
			t.Fatalf("%d messages, a window of %d", len(got), window)
		}
		_ = idle.Close()
	})
}

func expectCredit(p *peer) *nethttp2.WindowUpdateFrame {
	p.t.Helper()
	for {
		f, err := p.ReadFrame()
		p.must(err)
		if f, ok := f.(*nethttp2.WindowUpdateFrame); ok {
			return f
		}
	}
}
