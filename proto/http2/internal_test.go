package http2

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// A deadEnd accepts all writes and never answers.
type deadEnd struct{ net.Conn }

func (deadEnd) Write(p []byte) (int, error)      { return len(p), nil }
func (deadEnd) Close() error                     { return nil }
func (deadEnd) SetWriteDeadline(time.Time) error { return nil }

// A taker records the calls of a handler.
type taker struct{ events []string }

func (k *taker) Message(p []byte, _ int64) { k.events = append(k.events, string(p)) }
func (k *taker) Ended(err error)           { k.events = append(k.events, fmt.Sprint("ended: ", err)) }

// opened returns a stream on a connection whose input comes from the test.
func opened(h proto.Handler, verdict Verdict) (*Conn, *Stream) {
	s := newConn(deadEnd{})
	st := s.NewStream(framing.GRPC{}, verdict)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
	st.start(nil, nil, false)
	st.handler = h
	return s, st
}

// spoken returns a server's frames, written by x/net's framer.
func spoken(write func(w *http2.Framer, header func(fields ...string) []byte)) []byte {
	var b, block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	write(http2.NewFramer(&b, nil), func(fields ...string) []byte {
		block.Reset()
		for i := 0; i < len(fields); i += 2 {
			_ = enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
		}
		return bytes.Clone(block.Bytes())
	})
	return b.Bytes()
}

func response(w *http2.Framer, header func(...string) []byte) {
	message := func(p string) []byte { return framing.GRPC{}.Append(nil, []byte(p)) }
	_ = w.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 100})
	_ = w.WriteSettingsAck()
	_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: header(":status", "103", "link", "x"), EndHeaders: true})
	h := header(":status", "200", "content-type", "application/grpc", "x-long", strings.Repeat("long ", 50))
	_ = w.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: h[:20], PadLength: 3, Priority: http2.PriorityParam{StreamDep: 3, Weight: 9},
	})
	_ = w.WriteContinuation(1, false, h[20:21])
	_ = w.WriteContinuation(1, true, h[21:])
	_ = w.WriteData(1, false, message("one"))
	_ = w.WritePing(false, [8]byte{1})
	_ = w.WriteDataPadded(1, false, append(message("two"), message("three")[:7]...), make([]byte, 9))
	_ = w.WriteRawFrame(0x42, 0xff, 7, []byte("of a later standard"))
	_ = w.WriteData(1, false, nil)
	_ = w.WriteData(1, false, append(message("three")[7:], message("")...))
	_ = w.WritePriority(1, http2.PriorityParam{StreamDep: 5})
	_ = w.WriteWindowUpdate(0, 100)
	_ = w.WriteWindowUpdate(1, 100)
	_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: header("grpc-status", "0", "note", "end"), EndHeaders: true, EndStream: true})
	_ = w.WriteData(1, false, []byte("too late: it does no harm"))
}

// takeAll passes in to s in pieces that end at the given offsets.
func takeAll(t testing.TB, s *Conn, in []byte, ends ...int) {
	t.Helper()
	var kept []byte
	from := 0
	for _, to := range append(ends, len(in)) {
		kept = append(bytes.Clone(kept), in[from:to]...)
		from = to
		used, err := s.receive(kept, clock.Now())
		if err != nil || used < 0 || used > len(kept) {
			t.Fatalf("take used %d of %d: %v", used, len(kept), err)
		}
		kept = kept[used:]
		if len(kept) > frameHeaderLen+maxFrame {
			t.Fatalf("%d bytes are left", len(kept))
		}
	}
}

// The pieces of the input make no difference.
func TestAtEverySplit(t *testing.T) {
	in := spoken(response)
	want := `["one" "two" "three" "" "ended: end, EOF"]`
	check := func(ends ...int) {
		t.Helper()
		k := &taker{}
		s, st := opened(k, func(trailer Header, err error) error { return fmt.Errorf("%s, %w", trailer.Get("note"), err) })
		takeAll(t, s, bytes.Clone(in), ends...)
		if got := fmt.Sprintf("%q", k.events); got != want || s.err != nil {
			t.Fatalf("in pieces that end at %v: %s, %v; want %s", ends, got, s.err, want)
		}
		if st.header.Get("x-long") != strings.Repeat("long ", 50) || st.header.Get("link") != "" {
			t.Fatalf("in pieces that end at %v: header %v", ends, st.header)
		}
	}
	single := make([]int, len(in))
	for i := range in {
		check(i)
		single[i] = i
	}
	check(single...)
}

// The same with a goroutine that calls Recv.
func TestRecvAtEverySplit(t *testing.T) {
	in := spoken(response)
	for i := range in {
		s, st := opened(nil, nil)
		takeAll(t, s, bytes.Clone(in), i)
		var got []string
		for {
			p, err := st.Recv()
			if err != nil {
				got = append(got, fmt.Sprint(err))
				break
			}
			got = append(got, string(p))
		}
		if text := fmt.Sprintf("%q", got); text != `["one" "two" "three" "" "EOF"]` {
			t.Fatalf("in pieces that end at %d: %s", i, text)
		}
	}
}

func TestFrameHeaders(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, maxFrame} {
		b := appendFrame(nil, http2.FrameData, flagEnd, 77, make([]byte, n))
		theirs, err := http2.ReadFrameHeader(bytes.NewReader(b))
		if err != nil || theirs.Length != uint32(n) || theirs.Type != http2.FrameData || theirs.Flags != flagEnd || theirs.StreamID != 77 {
			t.Fatalf("%d bytes: %v, %v", n, theirs, err)
		}
		for i := range len(b) {
			if _, used, err := nextFrame(b[:i]); used != 0 || err != nil {
				t.Fatalf("the first %d of %d bytes parse as a frame: %v", i, len(b), err)
			}
		}
		f, used, err := nextFrame(append(b, 1, 2, 3))
		if err != nil || used != len(b) || f.kind != http2.FrameData || f.flags != flagEnd || f.stream != 77 || len(f.payload) != n {
			t.Fatalf("%d bytes: %+v, %d, %v", n, f, used, err)
		}
	}
	if _, _, err := nextFrame(appendFrame(nil, http2.FrameData, 0, 1, make([]byte, maxFrame+1))); !errors.Is(err, framing.ErrMalformed) {
		t.Errorf("a frame that is too long: %v", err)
	}
}

// The limit of a header applies to its encoded and its decoded size.
func TestHeaderLimit(t *testing.T) {
	s, _ := opened(nil, nil)
	takeAll(t, s, spoken(func(w *http2.Framer, header func(...string) []byte) {
		_ = w.WriteSettings()
		_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: make([]byte, 10<<10)})
		for range 6 {
			_ = w.WriteContinuation(1, false, make([]byte, 10<<10))
		}
	}))
	if !errors.Is(s.err, framing.ErrMalformed) || !strings.Contains(fmt.Sprint(s.err), "longer than 64 KiB") {
		t.Errorf("CONTINUATION without end: %v", s.err)
	}
	s, st := opened(nil, nil)
	takeAll(t, s, spoken(func(w *http2.Framer, header func(...string) []byte) {
		_ = w.WriteSettings()
		bomb := append(header(":status", "200", "x-bomb", strings.Repeat("b", 3000)), bytes.Repeat([]byte{0x80 | 62}, 10_000)...)
		_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: bomb, EndHeaders: true})
	}))
	if _, err := st.Recv(); s.err != nil || !errors.Is(err, framing.ErrMalformed) || len(s.fields) > 100 {
		t.Errorf("a bomb of a header: %v, stream %v", s.err, err)
	}
}

// FuzzHTTP2 passes any input to a connection: it must not panic, its buffers are bounded,
// and the pieces of the input make no difference.
func FuzzHTTP2(f *testing.F) {
	f.Add(spoken(response), 7, true)
	f.Add(spoken(response), 1, false)
	f.Add(spoken(func(w *http2.Framer, header func(...string) []byte) {
		_ = w.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0})
		_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: header(":status", "200"), EndHeaders: true})
		_ = w.WriteData(1, false, []byte{0, 0, 0, 0, 3, 0x0a, 9, 'x'})
		_ = w.WriteRSTStream(1, http2.ErrCodeCancel)
		_ = w.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("calm"))
	}), 20, true)
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), 3, false)
	l, err := eventloop.New()
	if err != nil {
		f.Skip(err)
	}
	f.Cleanup(l.Close)
	f.Fuzz(func(t *testing.T, in []byte, size int, driven bool) {
		size = min(max(size, 1), len(in)+1)
		var ends []int
		for i := size; i < len(in); i += size {
			ends = append(ends, i)
		}
		whole, split := fuzzed(t, l, in, driven), fuzzed(t, l, in, driven, ends...)
		if whole != split {
			t.Fatalf("whole %s\nin pieces of %d %s", whole, size, split)
		}
	})
}

func fuzzed(t *testing.T, l *eventloop.Loop, in []byte, driven bool, ends ...int) string {
	k := &taker{}
	s, st := opened(nil, nil)
	if driven {
		s.loop, st.handler = l, k
	}
	_ = st.Send(make([]byte, 100)) // data that WINDOW_UPDATE affects
	takeAll(t, s, bytes.Clone(in), ends...)
	if len(st.in) > firstWindow || len(s.streams) > 1 || len(s.blocked) > 1 || len(s.block.fragments) > maxHeader {
		t.Fatalf("it keeps %d bytes, %d streams, %d blocked, %d of a header", len(st.in), len(s.streams), len(s.blocked), len(s.block.fragments))
	}
	synchronize(l)
	if !driven {
		cutOff(s)
		for range 1 << 20 {
			p, err := st.Recv()
			if err != nil {
				k.Ended(err)
				break
			}
			k.Message(p, 0)
		}
	}
	return fmt.Sprintf("%q %v %v", k.events, s.err, st.err)
}

// synchronize returns once l has run all posted functions.
func synchronize(l *eventloop.Loop) {
	done := make(chan struct{})
	if l.Post(func() { close(done) }) {
		<-done
	}
}

// cutOff ends the connection; there is no receiving goroutine to wait for.
func cutOff(s *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(io.ErrUnexpectedEOF)
}

type ignore struct{ n int }

func (i *ignore) Message(p []byte, _ int64) { i.n += len(p) }
func (i *ignore) Ended(error)               {}

// echo sends each message back.
type echo struct {
	t  testing.TB
	st *Stream
}

func (e *echo) Message(p []byte, _ int64) {
	if err := e.st.Send(p); err != nil {
		e.t.Error(err)
	}
}
func (e *echo) Ended(error) {}

// received answers s and returns the frames of one message with credit for its echo.
func received(t testing.TB, s *Conn) []byte {
	takeAll(t, s, spoken(func(w *http2.Framer, header func(...string) []byte) {
		_ = w.WriteSettings()
		_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: header(":status", "200"), EndHeaders: true})
	}))
	return spoken(func(w *http2.Framer, _ func(...string) []byte) {
		m := framing.GRPC{}.Append(nil, make([]byte, 100))
		_ = w.WriteData(1, false, m)
		_ = w.WriteWindowUpdate(0, uint32(len(m)))
		_ = w.WriteWindowUpdate(1, uint32(len(m)))
	})
}

// trips returns by name functions that handle one message.
func trips(t testing.TB) map[string]func() {
	ways := map[string]func(){}
	way := func(name string, s *Conn, after func()) {
		in := received(t, s)
		ways[name] = func() {
			if used, err := s.receive(in, 0); used != len(in) || err != nil || s.err != nil {
				t.Fatal(used, err, s.err)
			}
			after()
		}
	}
	s, _ := opened(&ignore{}, nil)
	way("taken by a handler", s, func() {})
	e := &echo{t: t}
	s, e.st = opened(e, nil)
	way("answered by a handler", s, func() {})
	s, received := opened(nil, nil)
	way("received and answered", s, func() {
		p, err := received.Recv()
		if err == nil {
			err = received.Send(p)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	return ways
}

func TestCostsNoAllocation(t *testing.T) {
	for name, trip := range trips(t) {
		for range 10_000 { // credit is returned now and then
			trip()
		}
		if n := testing.AllocsPerRun(10_000, trip); n != 0 {
			t.Errorf("a message %s: %v allocations", name, n)
		}
	}
}

func BenchmarkHTTP2(b *testing.B) {
	for name, trip := range trips(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				trip()
			}
		})
	}
}
