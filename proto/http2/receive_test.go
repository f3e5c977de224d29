package http2

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"rtbench/proto/eventloop"
)

// The pieces of the input make no difference.
func TestAtEverySplit(t *testing.T) {
	in := spoken(response)
	want := `["one" "two" "three" "" "ended: end, EOF"]`
	check := func(ends ...int) {
		t.Helper()
		k := &taker{}
		s, st := opened(k, verdict(func(trailer Header, err error) error { return fmt.Errorf("%s, %w", trailer.Get("note"), err) }))
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
