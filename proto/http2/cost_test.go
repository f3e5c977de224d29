package http2

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"rtbench/proto/framing"
)

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
	callTrips(t, ways)
	serverTrips(t, ways)
	return ways
}

// callTrips adds functions that make a request for each message, with a deadline, on a stream that they
// open again.
func callTrips(t testing.TB, ways map[string]func()) {
	c := newClientConn(deadEnd{})
	takeAll(t, c, spoken(func(w *http2.Framer, _ func(...string) []byte) { _ = w.WriteSettings() }))
	call := &framing.GRPCCall{Limit: 1000}
	st := c.NewStream(call, nil)
	m := call.Append(nil, make([]byte, 100))
	ok := []byte{0x88} // :status 200
	reply := appendFrame(nil, http2.FrameHeaders, flagEndHeaders, 1, ok)
	data := len(reply)
	reply = appendFrame(reply, http2.FrameData, 0, 1, m)
	trailer := len(reply)
	reply = appendFrame(reply, http2.FrameHeaders, flagEndHeaders|flagEnd, 1, ok)
	reply = appendNumber(reply, http2.FrameWindowUpdate, 0, uint32(len(m)))
	request := Header{{Name: ":method", Value: "POST"}, {Name: ":path", Value: "/pkg.Service/Method"}}
	ways["answered in a call of its own"] = func() {
		id := c.next
		for _, frame := range []int{0, data, trailer} {
			binary.BigEndian.PutUint32(reply[frame+5:], id)
		}
		st.SetDeadline(time.Now().Add(time.Hour))
		err := st.Start(context.Background(), request, m, true)
		if err == nil {
			_, err = c.receive(reply, 0)
		}
		p, recvErr := st.Recv()
		if _, end := st.Recv(); err != nil || recvErr != nil || len(p) != 100 || !errors.Is(end, io.EOF) {
			t.Fatal(err, recvErr, len(p), end)
		}
	}
}

// serverTrips adds functions that handle one message or request at the server's end.
func serverTrips(t testing.TB, ways map[string]func()) {
	c := newConn(deadEnd{}, 16<<10)
	c.received = recvWindow{size: serverWindow, left: serverWindow}
	answer, ok := []byte("answer"), Header{{Name: ":status", Value: "200"}}
	c.server = &Server{
		MaxStreams: 10,
		Accept: func(st *Stream) {
			if st.Header().Get(":path") != "/echo" {
				st.Collect()
				return
			}
			st.Respond(ok, framing.GRPC{})
			st.Handle(framing.GRPC{}, &echo{t: t, st: st})
		},
		Body: func(st *Stream, _ []byte, _ error) bool { st.Reply(ok, answer); return true },
	}
	receive := func(in []byte) {
		if used, err := c.receive(in, 0); used != len(in) || err != nil || c.err != nil {
			t.Fatal(used, err, c.err)
		}
	}
	receive(append([]byte(http2.ClientPreface), spoken(func(w *http2.Framer, header func(...string) []byte) {
		_ = w.WriteSettings()
		_ = w.WriteHeaders(http2.HeadersFrameParam{
			StreamID: 1, EndHeaders: true, BlockFragment: header(":method", "POST", ":scheme", "http", ":path", "/echo"),
		})
	})...))
	m := framing.GRPC{}.Append(nil, make([]byte, 100))
	message := spoken(func(w *http2.Framer, _ func(...string) []byte) {
		_ = w.WriteData(1, false, m)
		_ = w.WriteWindowUpdate(0, uint32(len(m)))
		_ = w.WriteWindowUpdate(1, uint32(len(m)))
	})
	ways["answered by a server"] = func() { receive(message) }
	indexed := []byte{0x83, 0x86, 0x84} // POST, http, "/"
	post := appendFrame(appendFrame(nil, http2.FrameHeaders, flagEndHeaders, 3, indexed), http2.FrameData, flagEnd, 3, answer)
	post = appendNumber(post, http2.FrameWindowUpdate, 0, uint32(len(answer)))
	id := uint32(1)
	ways["posted to a server"] = func() {
		id += 2
		binary.BigEndian.PutUint32(post[5:], id)
		binary.BigEndian.PutUint32(post[frameHeaderLen+len(indexed)+5:], id)
		receive(post)
	}
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
