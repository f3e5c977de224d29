package http2

import (
	"bytes"
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

// A verdict is a Response that accepts every header.
type verdict func(trailer Header, err error) error

func (verdict) Header(Header) error                   { return nil }
func (v verdict) End(trailer Header, err error) error { return v(trailer, err) }

// A taker records the calls of a handler.
type taker struct{ events []string }

func (k *taker) Message(p []byte, _ int64) { k.events = append(k.events, string(p)) }
func (k *taker) Ended(err error)           { k.events = append(k.events, fmt.Sprint("ended: ", err)) }

// opened returns a stream on a connection whose input comes from the test.
func opened(h proto.Handler, r Response) (*Conn, *Stream) {
	s := newClientConn(deadEnd{})
	st := s.NewStream(framing.GRPC{}, r)
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
