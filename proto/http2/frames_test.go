package http2

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"rtbench/proto/framing"
)

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
