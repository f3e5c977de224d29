package http2_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	nethttp2 "golang.org/x/net/http2"

	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/http2"
)

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

// A server may answer and close the connection at once. Receiving that begins after the end has all that came.
func TestLostConnectionBeforeReceiving(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		p, h := connected(t)
		st, id := p.open(h, false)
		p.message(id, "before")
		p.inStep()
		_ = p.nc.Close()
		for h.Usable() {
			runtime.Gosched()
		}
		check(t, receive(st)(2), "before", "ended: unexpected EOF")
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
		"PRIORITY of 4 bytes":          {nethttp2.ErrCodeFrameSize, raw(nethttp2.FramePriority, 0, 1, long(4)...)},
		"acknowledged settings":        {nethttp2.ErrCodeFrameSize, raw(nethttp2.FrameSettings, 1, 0, long(6)...)},
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
		a, b := eventlooptest.Pair(t)
		go func() {
			_, _ = b.Write(says)
			_, _ = io.ReadFull(b, make([]byte, len(nethttp2.ClientPreface)+9))
			_ = b.(*net.TCPConn).CloseWrite()
		}()
		if _, err := http2.NewConn(context.Background(), a); err == nil || err.Error() != what {
			t.Errorf("a peer that says %q: %v, want %s", says, err, what)
		}
	}
	a, _ := eventlooptest.Pair(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := http2.NewConn(ctx, a); !errors.Is(err, context.Canceled) {
		t.Errorf("a peer that says nothing: %v", err)
	}
}
