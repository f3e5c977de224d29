package http2_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	nethttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
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
	a, b := eventlooptest.Pair(t)
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
		l := eventlooptest.NewLoop(t)
		test(t, func(st *http2.Stream) func(int) []string { return drive(t, st, l).wait })
	})
}

func check(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Fatalf("received %q, want %q", got, want)
	}
}
