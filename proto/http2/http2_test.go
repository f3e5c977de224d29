package http2_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	nethttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// A peer is a scripted HTTP/2 server on x/net's framer. Each step has a timeout.
type peer struct {
	t  *testing.T
	nc net.Conn
	*nethttp2.Framer
	block bytes.Buffer
	enc   *hpack.Encoder
}

const bound = 20 * time.Second

// connected returns both ends of a connection to a server with these settings.
func connected(t *testing.T, settings ...nethttp2.Setting) (*peer, *http2.Conn) {
	t.Helper()
	a, b := pair(t)
	_ = a.(*net.TCPConn).SetWriteBuffer(64 << 10)
	_ = b.(*net.TCPConn).SetReadBuffer(64 << 10)
	_ = b.SetDeadline(time.Now().Add(bound))
	p := &peer{t: t, nc: b, Framer: nethttp2.NewFramer(b, b)}
	p.enc = hpack.NewEncoder(&p.block)
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	made := make(chan *http2.Conn, 1)
	go func() {
		h, err := http2.NewConn(context.Background(), a)
		if err != nil {
			t.Error(err)
		}
		made <- h
	}()
	preface := make([]byte, len(nethttp2.ClientPreface))
	if _, err := io.ReadFull(b, preface); err != nil || string(preface) != nethttp2.ClientPreface {
		t.Fatalf("the client opens with %q, %v", preface, err)
	}
	p.must(p.WriteSettings(settings...))
	h := <-made
	t.Cleanup(func() { _ = h.Close() })
	return p, h
}

func (p *peer) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// expect reads frames up to one of type F and skips SETTINGS and WINDOW_UPDATE.
func expect[F nethttp2.Frame](p *peer) F {
	p.t.Helper()
	for {
		f, err := p.ReadFrame()
		p.must(err)
		if f, ok := f.(F); ok {
			return f
		}
		switch f.(type) {
		case *nethttp2.SettingsFrame, *nethttp2.WindowUpdateFrame:
		default:
			p.t.Fatalf("the client sends %v", f)
		}
	}
}

// inStep returns once the client has handled all frames sent to it.
func (p *peer) inStep() {
	p.t.Helper()
	p.must(p.WritePing(false, [8]byte{7}))
	if f := expect[*nethttp2.PingFrame](p); !f.IsAck() || f.Data != [8]byte{7} {
		p.t.Fatalf("a ping is answered by %v", f)
	}
}

func (p *peer) header(stream uint32, end bool, fields ...string) {
	p.t.Helper()
	p.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		p.must(p.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	p.must(p.WriteHeaders(nethttp2.HeadersFrameParam{StreamID: stream, BlockFragment: p.block.Bytes(), EndHeaders: true, EndStream: end}))
}

func (p *peer) message(stream uint32, text string) {
	p.t.Helper()
	p.must(p.WriteData(stream, false, framing.GRPC{}.Append(nil, []byte(text))))
}

// open opens a stream that the peer accepts.
func (p *peer) open(h *http2.Conn, ended bool) (*http2.Stream, uint32) {
	p.t.Helper()
	st := h.NewStream(framing.GRPC{}, nil)
	opening := make(chan error, 1)
	go func() {
		_, err := st.Open(context.Background(), http2.Header{{Name: ":method", Value: "POST"}}, nil, ended)
		opening <- err
	}()
	f := expect[*nethttp2.MetaHeadersFrame](p)
	if f.PseudoValue("method") != "POST" || f.StreamEnded() != ended {
		p.t.Fatalf("the client opens with %v", f)
	}
	p.header(f.StreamID, false, ":status", "200")
	p.must(<-opening)
	return st, f.StreamID
}

// gather reads n bytes of a stream's DATA.
func (p *peer) gather(stream uint32, n int) []byte {
	p.t.Helper()
	var b []byte
	for len(b) < n {
		f := expect[*nethttp2.DataFrame](p)
		if f.StreamID != stream || len(f.Data()) > 16<<10 {
			p.t.Fatalf("the client sends %v", f)
		}
		b = append(b, f.Data()...)
	}
	if len(b) != n {
		p.t.Fatalf("the client sends %d bytes, its window had %d", len(b), n)
	}
	return b
}

// eventLog records the calls of a handler.
type eventLog struct {
	mu      sync.Mutex
	changed *sync.Cond
	events  []string
	onto    func(p []byte) // called for each message
}

func newEventLog() *eventLog {
	d := &eventLog{}
	d.changed = sync.NewCond(&d.mu)
	return d
}

func (d *eventLog) Message(p []byte, _ int64) {
	if d.onto != nil {
		d.onto(p)
	}
	d.add(string(p))
}

func (d *eventLog) Ended(err error) { d.add(fmt.Sprint("ended: ", err)) }

func (d *eventLog) add(event string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, event)
	d.changed.Broadcast()
}

// wait returns the events once there are n of them.
func (d *eventLog) wait(n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.events) < n {
		d.changed.Wait()
	}
	return d.events
}

func drive(t *testing.T, st *http2.Stream, l *eventloop.Loop) *eventLog {
	t.Helper()
	d := newEventLog()
	if err := st.Drive(l, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// bothWays runs a test twice: with a goroutine that calls Recv, and with a loop. events
// waits for the next n events.
func bothWays(t *testing.T, test func(t *testing.T, receive func(*http2.Stream) (events func(n int) []string))) {
	t.Run("goroutine", func(t *testing.T) {
		test(t, func(st *http2.Stream) func(int) []string {
			d := newEventLog()
			var wg sync.WaitGroup
			wg.Go(func() {
				for {
					p, err := st.Recv()
					if err != nil {
						d.Ended(err)
						return
					}
					d.Message(p, 0)
				}
			})
			t.Cleanup(func() { _ = st.Close(); wg.Wait() })
			return d.wait
		})
	})
	t.Run("loop", func(t *testing.T) {
		l := newLoop(t)
		test(t, func(st *http2.Stream) func(int) []string { return drive(t, st, l).wait })
	})
}

func check(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Fatalf("received %q, want %q", got, want)
	}
}

// Data received before Drive comes first, in order, and a partial message is completed.
func TestDriveKeepsReceivedData(t *testing.T) {
	l := newLoop(t)
	p, h := connected(t)
	st, id := p.open(h, true)
	other, otherID := p.open(h, true)
	p.message(id, "one")
	whole := framing.GRPC{}.Append(nil, []byte("two"))
	p.must(p.WriteData(id, false, whole[:6]))
	p.must(p.WriteDataPadded(otherID, true, framing.GRPC{}.Append(nil, []byte("all")), make([]byte, 5)))
	p.inStep()
	// Half a frame, which the goroutine may or may not have read when the loop takes
	// over.
	if _, err := p.nc.Write([]byte{0, 0, byte(len(whole) - 6), byte(nethttp2.FrameData), 0, 0}); err != nil {
		t.Fatal(err)
	}
	d := drive(t, st, l)
	check(t, d.wait(1), "one")
	if _, err := p.nc.Write(append([]byte{0, 0, byte(id)}, whole[6:]...)); err != nil {
		t.Fatal(err)
	}
	check(t, d.wait(2), "one", "two")
	check(t, drive(t, other, l).wait(2), "all", "ended: EOF")
	p.header(id, true, "x", "y")
	check(t, d.wait(3), "one", "two", "ended: EOF")
}

// Send blocks on the windows of the stream and the connection, and resumes.
func TestSendBlocksOnWindows(t *testing.T) {
	p, h := connected(t, nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 10})
	st, id := p.open(h, false)
	text := strings.Repeat("0123456789abcdef", 5000) // more than the connection's 65,535
	want := framing.GRPC{}.Append(nil, []byte(text))
	sent := make(chan error, 1)
	go func() { sent <- st.Send([]byte(text)) }()
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
		t.Fatalf("Send returned %v with %d bytes of its message to go", err, len(want)-len(got))
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
	l := newLoop(t)
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

// Outside the loop, a driven stream buffers one message beyond the windows; the next Send
// blocks. Close unblocks it.
func TestDrivenSendBlocksBeyondOneMessage(t *testing.T) {
	l := newLoop(t)
	for _, end := range []string{"window", "close"} {
		p, h := connected(t, nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 0})
		st, id := p.open(h, false)
		d := drive(t, st, l)
		p.must(st.Send([]byte("one"))) // buffered
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
			check(t, d.wait(1), "ended: "+net.ErrClosed.Error())
			continue
		}
		p.must(p.WriteWindowUpdate(id, 20))
		p.must(<-sent)
		p.gather(id, 20)
	}
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

// Streams beyond the peer's limit wait for another to end; ctx bounds the wait.
func TestStreamLimit(t *testing.T) {
	p, h := connected(t, nethttp2.Setting{ID: nethttp2.SettingMaxConcurrentStreams, Val: 1})
	st, id := p.open(h, false)
	ctx, cancel := context.WithCancel(context.Background())
	bounded := make(chan error, 1)
	go func() {
		_, err := h.NewStream(nil, nil).Open(ctx, nil, nil, true)
		bounded <- err
	}()
	p.inStep()
	cancel()
	if err := <-bounded; !errors.Is(err, context.Canceled) {
		t.Fatalf("Open with an expired context: %v", err)
	}
	next := make(chan error, 1)
	second := h.NewStream(nil, nil)
	go func() {
		_, err := second.Open(context.Background(), nil, nil, true)
		next <- err
	}()
	p.header(id, true, "x", "y")
	if _, err := st.Recv(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if f := expect[*nethttp2.RSTStreamFrame](p); f.StreamID != id || f.ErrCode != nethttp2.ErrCodeNo {
		t.Fatalf("the unsent stream ends with %v", f)
	}
	f := expect[*nethttp2.MetaHeadersFrame](p)
	p.header(f.StreamID, true, ":status", "204")
	p.must(<-next)
}

// A finished stream can be opened again, as for consecutive POSTs.
func TestFinishedStreamReopens(t *testing.T) {
	p, h := connected(t)
	st := h.NewStream(nil, nil)
	for i, text := range []string{"one", "", strings.Repeat("three", 10_000)} {
		answers := make(chan string, 1)
		go func() {
			head, err := st.Open(context.Background(), http2.Header{{Name: "n", Value: fmt.Sprint(i)}}, []byte(text), true)
			body, bodyErr := st.Body(100)
			answers <- fmt.Sprint(head.Get(":status"), " ", string(body), " ", err, " ", bodyErr)
		}()
		f := expect[*nethttp2.MetaHeadersFrame](p)
		if f.StreamID != uint32(2*i+1) || f.Fields[0].Value != fmt.Sprint(i) {
			t.Fatalf("the client opens with %v", f)
		}
		for got, ended := "", f.StreamEnded(); !ended || got != text; {
			d := expect[*nethttp2.DataFrame](p)
			got, ended = got+string(d.Data()), d.StreamEnded()
		}
		p.header(f.StreamID, false, ":status", "500")
		p.must(p.WriteData(f.StreamID, true, []byte("why")))
		if got := <-answers; got != "500 why <nil> <nil>" {
			t.Fatalf("the answer to %d is %s", i, got)
		}
		p.must(p.WriteWindowUpdate(0, 1<<20))
	}
	_ = st.Close()
	if _, err := st.Open(context.Background(), nil, nil, true); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("Open after Close: %v", err)
	}
}

func TestTrailersOnly(t *testing.T) {
	p, h := connected(t)
	st := h.NewStream(framing.GRPC{}, func(trailer http2.Header, err error) error {
		return fmt.Errorf("status %s, %w", trailer.Get("grpc-status"), err)
	})
	opening := make(chan http2.Header, 1)
	go func() {
		head, err := st.Open(context.Background(), nil, nil, false)
		if err != nil {
			t.Error(err)
		}
		opening <- head
	}()
	f := expect[*nethttp2.MetaHeadersFrame](p)
	p.header(f.StreamID, true, ":status", "200", "grpc-status", "3")
	if head := <-opening; head.Get("grpc-status") != "3" {
		t.Fatalf("header %v", head)
	}
	if _, err := st.Recv(); !errors.Is(err, io.EOF) || err.Error() != "status 3, EOF" {
		t.Fatalf("the end: %v", err)
	}
}

func TestReset(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		p, h := connected(t)
		st, id := p.open(h, false)
		events := receive(st)
		p.message(id, "before")
		p.must(p.WriteRSTStream(id, nethttp2.ErrCodeEnhanceYourCalm))
		check(t, events(2), "before", "ended: the server reset the stream: ENHANCE_YOUR_CALM")
		if err := st.Send([]byte("late")); !errors.Is(err, io.EOF) {
			t.Fatalf("Send on a stream that was reset: %v", err)
		}
		if !h.Usable() {
			t.Fatal("the connection has gone with the stream")
		}
	})
}

// A malformed message ends its stream but not the connection.
func TestMalformedMessage(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		p, h := connected(t)
		st, id := p.open(h, true)
		events := receive(st)
		p.message(id, "good")
		p.must(p.WriteData(id, false, []byte{1, 0, 0, 0, 0})) // compressed
		check(t, events(2), "good", "ended: malformed frame")
		if f := expect[*nethttp2.RSTStreamFrame](p); f.StreamID != id || f.ErrCode != nethttp2.ErrCodeCancel {
			t.Fatalf("the client says %v", f)
		}
		p.message(id, "that crossed it")
		next, nextID := p.open(h, true)
		events = receive(next)
		p.must(p.WriteData(nextID, true, []byte{0, 0, 0}))
		check(t, events(1), "ended: unexpected EOF")
	})
}

// GOAWAY ends the streams that the peer has not processed; the others continue.
func TestGoAway(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		p, h := connected(t)
		seen, seenID := p.open(h, true)
		unseen, _ := p.open(h, true)
		seenEvents, unseenEvents := receive(seen), receive(unseen)
		p.must(p.WriteGoAway(seenID, nethttp2.ErrCodeNo, nil))
		const gone = "the server closed the connection to new streams (NO_ERROR): unexpected EOF"
		check(t, unseenEvents(1), "ended: "+gone)
		if _, err := h.NewStream(nil, nil).Open(context.Background(), nil, nil, true); h.Usable() || fmt.Sprint(err) != gone {
			t.Fatalf("Open after GOAWAY: %v", err)
		}
		p.message(seenID, "still")
		p.header(seenID, true, "x", "y")
		check(t, seenEvents(2), "still", "ended: EOF")
	})
}

func TestLostConnection(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		for who, want := range map[string]string{"server": "unexpected EOF", "client": net.ErrClosed.Error()} {
			p, h := connected(t)
			st, id := p.open(h, false)
			events := receive(st)
			p.message(id, "before")
			events(1)
			if who == "server" {
				p.inStep()
				_ = p.nc.Close()
			} else {
				_ = h.Close()
			}
			check(t, events(2), "before", "ended: "+want)
			if err := st.Send(nil); err == nil {
				t.Fatal("Send on a connection that is gone")
			}
		}
	})
}

// A protocol error ends the connection and is reported to the peer.
func TestViolations(t *testing.T) {
	raw := func(kind nethttp2.FrameType, flags nethttp2.Flags, stream uint32, payload ...byte) func(*peer) error {
		return func(p *peer) error { return p.WriteRawFrame(kind, flags, stream, payload) }
	}
	long := func(n int) []byte { return make([]byte, n) }
	all := map[string]struct {
		code nethttp2.ErrCode
		does func(*peer) error
	}{
		"a frame too long":             {nethttp2.ErrCodeFrameSize, raw(nethttp2.FrameData, 0, 1, long(16<<10+1)...)},
		"DATA of the connection":       {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameData, 0, 0, 1)},
		"DATA of nobody's stream":      {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameData, 0, 99, 1)},
		"padding beyond the frame":     {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameData, 8, 1, 5, 1)},
		"padding without length":       {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameData, 8, 1)},
		"HEADERS of the connection":    {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameHeaders, 4, 0)},
		"HEADERS of a server stream":   {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameHeaders, 4, 2)},
		"HEADERS without priority":     {nethttp2.ErrCodeFrameSize, raw(nethttp2.FrameHeaders, 4|0x20, 1, 1)},
		"HPACK that is none":           {nethttp2.ErrCodeCompression, raw(nethttp2.FrameHeaders, 4, 1, 0xff, 0xff, 0xff)},
		"CONTINUATION without HEADERS": {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameContinuation, 4, 1)},
		"PUSH_PROMISE":                 {nethttp2.ErrCodeProtocol, raw(nethttp2.FramePushPromise, 4, 1, 0, 0, 0, 2)},
		"RST_STREAM of 3 bytes":        {nethttp2.ErrCodeFrameSize, raw(nethttp2.FrameRSTStream, 0, 1, 1, 2, 3)},
		"RST_STREAM of nobody":         {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameRSTStream, 0, 0, 0, 0, 0, 1)},
		"SETTINGS of 5 bytes":          {nethttp2.ErrCodeFrameSize, raw(nethttp2.FrameSettings, 0, 0, 1, 2, 3, 4, 5)},
		"SETTINGS of a stream":         {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameSettings, 0, 1)},
		"frames of 1 byte":             {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameSettings, 0, 0, 0, 5, 0, 0, 0, 1)},
		"a first window too large":     {nethttp2.ErrCodeFlowControl, raw(nethttp2.FrameSettings, 0, 0, 0, 4, 0xff, 0, 0, 0)},
		"PING of 7 bytes":              {nethttp2.ErrCodeFrameSize, raw(nethttp2.FramePing, 0, 0, long(7)...)},
		"GOAWAY of 7 bytes":            {nethttp2.ErrCodeFrameSize, raw(nethttp2.FrameGoAway, 0, 0, long(7)...)},
		"WINDOW_UPDATE of 3 bytes":     {nethttp2.ErrCodeFrameSize, raw(nethttp2.FrameWindowUpdate, 0, 1, long(3)...)},
		"WINDOW_UPDATE by nothing":     {nethttp2.ErrCodeProtocol, raw(nethttp2.FrameWindowUpdate, 0, 1, long(4)...)},
		"a window too large":           {nethttp2.ErrCodeFlowControl, raw(nethttp2.FrameWindowUpdate, 0, 1, 0x7f, 0xff, 0xff, 0xff)},
		"a connection's too large":     {nethttp2.ErrCodeFlowControl, raw(nethttp2.FrameWindowUpdate, 0, 0, 0x7f, 0xff, 0xff, 0xff)},
		"a frame in a header's midst": {nethttp2.ErrCodeProtocol, func(p *peer) error {
			return errors.Join(raw(nethttp2.FrameHeaders, 0, 1)(p), p.WritePing(false, [8]byte{}))
		}},
	}
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		for name, v := range all {
			p, h := connected(t)
			p.AllowIllegalWrites = true
			st, _ := p.open(h, true)
			events := receive(st)
			p.must(v.does(p))
			if got := events(1)[0]; !strings.HasPrefix(got, "ended: HTTP/2 protocol error by the server: ") {
				t.Errorf("%s: %s", name, got)
			}
			if f := expect[*nethttp2.GoAwayFrame](p); f.ErrCode != v.code || len(f.DebugData()) == 0 {
				t.Errorf("%s: the client says %v, %q; want %v", name, f, f.DebugData(), v.code)
			}
			if _, err := io.Copy(io.Discard, p.nc); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: after that the connection is still there", name)
			}
		}
	})
}

// A peer that exceeds the window is disconnected.
func TestPeerExceedsWindow(t *testing.T) {
	p, h := connected(t)
	st, id := p.open(h, true)
	for range 5 {
		p.must(p.WriteData(id, false, make([]byte, 16<<10)))
	}
	if f := expect[*nethttp2.GoAwayFrame](p); f.ErrCode != nethttp2.ErrCodeFlowControl {
		t.Fatalf("the client says %v", f)
	}
	_ = st.Close()
}

func TestServerWithoutHTTP2(t *testing.T) {
	for what, says := range map[string][]byte{
		"HTTP/2 protocol error by the server: it does not speak HTTP/2": []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"unexpected EOF": nil,
	} {
		a, b := pair(t)
		go func() {
			_, _ = b.Write(says)
			_, _ = io.ReadFull(b, make([]byte, len(nethttp2.ClientPreface)+9))
			_ = b.(*net.TCPConn).CloseWrite()
		}()
		if _, err := http2.NewConn(context.Background(), a); err == nil || err.Error() != what {
			t.Errorf("a peer that says %q: %v, want %s", says, err, what)
		}
	}
	a, _ := pair(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := http2.NewConn(ctx, a); !errors.Is(err, context.Canceled) {
		t.Errorf("a peer that says nothing: %v", err)
	}
}
