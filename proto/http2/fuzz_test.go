package http2

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"rtbench/proto/framing"
)

// An answerer is a service on a connection whose input comes from the test. It echoes
// messages to /echo, and replies to others with their bodies.
type answerer struct {
	taker
	conn *Conn
}

// An echoer answers the messages of one stream.
type echoer struct {
	a  *answerer
	st *Stream
}

func (e *echoer) Message(p []byte, at int64) {
	e.a.Message(p, at)
	_ = e.st.Send(p)
}

func (e *echoer) Ended(err error) {
	e.a.Ended(err)
	_ = e.st.CloseSend()
}

func (a *answerer) accept(st *Stream) {
	if st.Header().Get(":path") != "/echo" {
		st.Collect()
		return
	}
	st.Respond(Header{{Name: ":status", Value: "200"}}, framing.GRPC{})
	st.Handle(framing.GRPC{}, &echoer{a, st})
}

func (a *answerer) body(st *Stream, body []byte, _ error) bool {
	a.events = append(a.events, string(body[:min(len(body), 100)]))
	st.Reply(Header{{Name: ":status", Value: "200"}}, body)
	return true
}

// serving returns a server's connection that accepts all writes.
func serving() *answerer {
	a := &answerer{}
	a.conn = newConn(deadEnd{}, 16<<10)
	a.conn.server = &Server{MaxStreams: 10, MaxHeader: 16 << 10, Accept: a.accept, Body: a.body}
	a.conn.received = recvWindow{size: serverWindow, left: serverWindow}
	return a
}

// requests is a client's input.
func requests(w *http2.Framer, header func(...string) []byte) {
	request := func(id uint32, path string, end bool) {
		_ = w.WriteHeaders(http2.HeadersFrameParam{
			StreamID: id, EndHeaders: true, EndStream: end,
			BlockFragment: header(":method", "POST", ":scheme", "http", ":path", path, "x-long", strings.Repeat("long ", 50)),
		})
	}
	message := func(p string) []byte { return framing.GRPC{}.Append(nil, []byte(p)) }
	_ = w.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 20})
	_ = w.WriteSettingsAck()
	request(1, "/echo", false)
	_ = w.WriteData(1, false, message("one"))
	request(3, "/body", false)
	_ = w.WriteData(3, false, []byte("bo"))
	_ = w.WriteDataPadded(1, false, append(message("two"), message("three")[:7]...), make([]byte, 9))
	_ = w.WritePing(false, [8]byte{1})
	_ = w.WriteData(3, true, []byte("dy"))
	_ = w.WriteWindowUpdate(0, 100)
	_ = w.WriteWindowUpdate(1, 10)
	_ = w.WriteData(1, false, append(message("three")[7:], message("")...))
	request(5, "/body", true)
	request(7, "/echo", false)
	_ = w.WriteRSTStream(7, http2.ErrCodeCancel)
	_ = w.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1000})
	_ = w.WriteData(1, true, message("last"))
	_ = w.WriteData(1, false, message("late"))
}

func requestInput() []byte { return append([]byte(http2.ClientPreface), spoken(requests)...) }

// The pieces of the input make no difference to the server.
func TestServerAtEverySplit(t *testing.T) {
	in := requestInput()
	want := `["one" "two" "body" "three" "" "" "ended: the client reset the stream: CANCEL" "last" "ended: EOF"]`
	for i := range in {
		if got := served(t, in, i); !strings.HasPrefix(got, want) {
			t.Fatalf("in pieces that end at %d: %s; want %s", i, got, want)
		}
	}
}

// served returns the events of a server that receives in in pieces, and its end.
func served(t *testing.T, in []byte, ends ...int) string {
	a := serving()
	takeAll(t, a.conn, bytes.Clone(in), ends...)
	c := a.conn
	for _, st := range c.streams {
		if len(st.in)+len(st.rest) > streamWindow+maxFrame || len(st.pending)-st.sent > 2*streamWindow {
			t.Fatalf("a stream keeps %d and %d bytes, %d to be sent", len(st.in), len(st.rest), len(st.pending))
		}
	}
	if len(c.streams) > 10 || c.open > 10 || len(c.blocked) > 2*10 || len(c.block.fragments) > c.maxHeader {
		t.Fatalf("it keeps %d streams, %d blocked, %d bytes of a header", len(c.streams), len(c.blocked), len(c.block.fragments))
	}
	state := fmt.Sprint(c.err, c.open)
	_ = a.conn.nc.Close()
	c.mu.Lock()
	c.shutDown(errNoPreface)
	c.mu.Unlock()
	c.background.Wait()
	return fmt.Sprintf("%q %s", a.events, state)
}

// FuzzServer passes any input to a server's connection: it must not panic, its buffers are
// bounded, and the pieces of the input make no difference.
func FuzzServer(f *testing.F) {
	f.Add(requestInput(), 7)
	f.Add(requestInput(), 1)
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 3)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		size = min(max(size, 1), len(in)+1)
		var ends []int
		for i := size; i < len(in); i += size {
			ends = append(ends, i)
		}
		whole, split := served(t, in), served(t, in, ends...)
		if whole != split {
			t.Fatalf("whole %s\nin pieces of %d %s", whole, size, split)
		}
	})
}

// Streams that end while the client grants no window are not kept.
func TestServerForgetsBlocked(t *testing.T) {
	served(t, append([]byte(http2.ClientPreface), spoken(func(w *http2.Framer, header func(...string) []byte) {
		_ = w.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		for id := uint32(1); id < 200; id += 2 {
			_ = w.WriteHeaders(http2.HeadersFrameParam{
				StreamID: id, EndHeaders: true, BlockFragment: header(":method", "POST", ":scheme", "http", ":path", "/echo"),
			})
			_ = w.WriteData(id, false, framing.GRPC{}.Append(nil, []byte("x")))
			_ = w.WriteRSTStream(id, http2.ErrCodeCancel)
		}
	})...))
}

// The incomplete messages and bodies of a client's streams are bounded, and freed with the
// streams.
func TestServerBoundsIncomplete(t *testing.T) {
	for _, path := range []string{"/echo", "/body"} {
		a := serving()
		input := func(end bool) []byte {
			return spoken(func(w *http2.Framer, header func(...string) []byte) {
				id := a.conn.next
				_ = w.WriteHeaders(http2.HeadersFrameParam{
					StreamID: id, EndHeaders: true, BlockFragment: header(":method", "POST", ":scheme", "http", ":path", path),
				})
				_ = w.WriteData(id, end, make([]byte, 4))
			})
		}
		takeAll(t, a.conn, append([]byte(http2.ClientPreface), spoken(func(w *http2.Framer, _ func(...string) []byte) { _ = w.WriteSettings() })...))
		takeAll(t, a.conn, input(true))
		if a.conn.incomplete != 0 {
			t.Errorf("%s: %d bytes are held after the end", path, a.conn.incomplete)
		}
		a.conn.incomplete = maxIncomplete - 6
		takeAll(t, a.conn, input(false))
		takeAll(t, a.conn, input(false))
		if a.conn.open != 1 || a.conn.incomplete != maxIncomplete-2 || a.conn.err != nil {
			t.Errorf("%s: %d streams hold %d bytes, %v", path, a.conn.open, a.conn.incomplete, a.conn.err)
		}
	}
}
