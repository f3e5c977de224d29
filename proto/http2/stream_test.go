package http2_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	nethttp2 "golang.org/x/net/http2"

	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// Data received before Drive comes first, in order, and a partial message is completed.
func TestDriveKeepsReceivedData(t *testing.T) {
	l := eventlooptest.NewLoop(t)
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

// A loop passes on what Recv has not returned: the rest of the data, or of a message.
func TestDriveAfterRecv(t *testing.T) {
	l := eventlooptest.NewLoop(t)
	p, h := connected(t)
	st, id := p.open(h, true)
	other, otherID := p.open(h, true)
	three := framing.GRPC{}.Append(nil, []byte("three"))
	p.must(p.WriteData(id, false, append(framing.GRPC{}.Append(framing.GRPC{}.Append(nil, []byte("one")), []byte("two")), three[:7]...)))
	p.message(otherID, "alone")
	p.inStep()
	for st, want := range map[*http2.Stream]string{st: "one", other: "alone"} {
		if b, err := st.Recv(); err != nil || string(b) != want {
			t.Fatalf("received %q, %v; expected %q", b, err, want)
		}
	}
	d, e := drive(t, st, l), drive(t, other, l)
	check(t, d.wait(1), "two")
	p.must(p.WriteData(id, false, three[7:]))
	check(t, d.wait(2), "two", "three")
	p.message(otherID, "next")
	check(t, e.wait(1), "next")
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

// A checker is a Response that refuses some statuses and reports the end with grpc-status.
type checker struct{ refuse string }

var errRefusedHeader = errors.New("refused")

func (c checker) Header(h http2.Header) error {
	if h.Get(":status") == c.refuse {
		return errRefusedHeader
	}
	return nil
}

func (checker) End(trailer http2.Header, err error) error {
	return fmt.Errorf("status %s, %w", trailer.Get("grpc-status"), err)
}

func TestTrailersOnly(t *testing.T) {
	p, h := connected(t)
	st := h.NewStream(framing.GRPC{}, checker{})
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

// A refused header ends its stream before the data after it is decoded, and not the
// connection.
func TestRefusedHeader(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		p, h := connected(t)
		for _, ends := range []bool{false, true} {
			st := h.NewStream(framing.GRPC{}, checker{refuse: "500"})
			if err := st.Start(t.Context(), nil, nil, true); err != nil {
				t.Fatal(err)
			}
			id := expect[*nethttp2.MetaHeadersFrame](p).StreamID
			p.header(id, ends, ":status", "500")
			if !ends {
				p.message(id, "an error page")
			}
			events := receive(st)
			check(t, events(1), "ended: status , refused")
			if !ends {
				if f := expect[*nethttp2.RSTStreamFrame](p); f.StreamID != id {
					t.Fatalf("the client says %v", f)
				}
			}
		}
		if !h.Usable() {
			t.Error("the connection has gone with the stream")
		}
	})
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
