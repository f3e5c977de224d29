package framing_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"rtbench/proto"
	"rtbench/proto/deflate"
	"rtbench/proto/framing"
)

func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit int
		in    string
		want  []string
		err   error
	}{
		{0, "a\nb\r\n\n\r\nc", []string{"1 a", "1 b", "1 ", "1 "}, nil},
		{0, "\r\r\na\rb\n", []string{"1 \r", "1 a\rb"}, nil},
		{3, "abc\r\nabc\nabcd\n", []string{"1 abc", "1 abc", "error "}, framing.ErrTooLong},
		{3, "abcde", []string{"error "}, framing.ErrTooLong},
		{3, "abc\r", nil, nil},
	} {
		for _, sizes := range [][]int{nil, {1}, {2, 3}} {
			got, err := feed(&framing.Lines{Limit: c.limit}, []byte(c.in), sizes)
			if !errors.Is(err, c.err) || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("%q in pieces of %v: %q, %v; want %q, %v", c.in, sizes, got, err, c.want, c.err)
			}
		}
	}
}

func TestLinesEnd(t *testing.T) {
	t.Parallel()
	f := new(framing.Lines)
	if err := f.AtEOF(0); !errors.Is(err, io.EOF) {
		t.Errorf("the end between lines: %v", err)
	}
	if err := f.AtEOF(1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the end in a line: %v", err)
	}
}

// The limit is the framing's, above or below proto.MaxSize.
func TestLimits(t *testing.T) {
	t.Parallel()
	const limit5MiB = 5 << 20
	for name, limited := range map[string]func(limit int) framing.Framing{
		"tcp":       func(n int) framing.Framing { return framing.TCP{Limit: n} },
		"lines":     func(n int) framing.Framing { return &framing.Lines{Limit: n} },
		"websocket": func(n int) framing.Framing { return &framing.WebSocket{Limit: n} },
		"deflate":   func(n int) framing.Framing { return &framing.WebSocket{Limit: n, Deflate: &deflate.Params{}} },
	} {
		for limit, holds := range map[int]int{0: proto.MaxSize, 10: 10, limit5MiB: limit5MiB} {
			for n, ok := range map[int]bool{holds: true, holds + 1: false} {
				write := limited(0)
				switch w := write.(type) {
				case *framing.WebSocket:
					w.Client = true
				}
				r := framing.NewReader(bytes.NewReader(write.Append(nil, []byte(strings.Repeat("x", n)))), limited(limit), nil)
				p, err := r.Recv()
				if ok && (err != nil || len(p) != n) || !ok && !errors.Is(err, framing.ErrTooLong) {
					t.Errorf("%s: limit %d, a message of %d bytes: %d, %v", name, limit, n, len(p), err)
				}
			}
		}
	}
}

// An announced length allocates nothing before the message arrives.
func TestAnnouncedLengthAllocatesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		f  framing.Framing
		in string
	}{
		"tcp":       {framing.TCP{Limit: 64 << 20}, "\x04\x00\x00\x00abc"},
		"websocket": {&framing.WebSocket{Client: true, Limit: 64 << 20}, "\x82\x7f\x00\x00\x00\x00\x04\x00\x00\x00abc"},
	} {
		n := allocated(func() {
			if _, err := framing.NewReader(strings.NewReader(c.in), c.f, nil).Recv(); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if n > 64<<10 {
			t.Errorf("%s: a header of 64 MiB had %d bytes allocated", name, n)
		}
	}
}

func FuzzLines(f *testing.F) {
	fuzzFraming(f, func() framing.Framing { return &framing.Lines{Limit: 20} }, "a\r\n\nbc\n", strings.Repeat("x", 30))
}
