package framing_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"rtbench/proto"
	"rtbench/proto/framing"
)

func TestEventStreamLimit(t *testing.T) {
	const limit = 100
	x := strings.Repeat("x", limit)
	for _, c := range []struct {
		name, body string
		long       bool
	}{
		{"data", "data: " + x + "\n\n", false},
		{"longer data", "data: " + x + "x\n\n", true},
		{"data of two lines", "data: " + x[:50] + "\ndata: " + x[:49] + "\n\n", false},
		{"longer data of two lines", "data: " + x[:50] + "\ndata: " + x[:50] + "\n\n", true},
		{"a comment", ":" + x + "\n\n", false},
		{"a longer comment", ":" + x + "xxxxxxxxxx\n\n", true},
		{"an endless comment", ":" + x + "xxxxxxxxxx", true},
		{"a longer id", "id: " + x + "xxxxxxxxxx\n\n", true},
		{"a longer type", "event: " + x + "xxxxxxxxxx\n\n", true},
	} {
		for _, sizes := range [][]int{nil, {1}, {7}} {
			_, _, err := dispatched(&framing.EventStream{Limit: limit}, c.body, sizes)
			if c.long != errors.Is(err, framing.ErrTooLong) {
				t.Errorf("%s in pieces of %v: %v", c.name, sizes, err)
			}
		}
	}
	// A limit above proto.MaxSize.
	body := "data: " + strings.Repeat("x", 3*proto.MaxSize) + "\n\n"
	events, _, err := dispatched(&framing.EventStream{Limit: 4 * proto.MaxSize}, body, []int{64 << 10})
	if err != nil || len(events) != 1 || len(events[0].data) != 3*proto.MaxSize {
		t.Errorf("a message of 3 MiB: %d events, %v", len(events), err)
	}
}

// Endless comments, ids and empty events use no memory.
func TestEventStreamCommentsUseNoMemory(t *testing.T) {
	for _, line := range []string{": comment\n", ": comment\r\n\r\n", "id: 12345\n\n", "event: x\n\n", "retry: 10\r", "\n", "\r"} {
		f := new(framing.EventStream)
		body := []byte(strings.Repeat(line, 1000))
		pass := func() {
			for in := body; len(in) > 0; {
				n := min(len(in), 333) // so that lines arrive in two pieces
				if kind, _, used, err := f.Next(in[:n]); kind != framing.More || used != n || err != nil {
					t.Fatal(kind, used, err)
				}
				in = in[n:]
			}
		}
		pass()
		if n := testing.AllocsPerRun(20, pass); n != 0 {
			t.Errorf("%q: %v allocations", line, n)
		}
	}
}

func TestEventStreamWithoutEnd(t *testing.T) {
	for name, c := range map[string]struct {
		f    *framing.EventStream
		body string
		want error
	}{
		"bare":               {new(framing.EventStream), "data: a\n", io.EOF},
		"sized":              {&framing.EventStream{Sized: true, Left: 100}, "data: a\n\n", io.ErrUnexpectedEOF},
		"chunked":            {&framing.EventStream{Chunked: true}, "9\r\ndata: a\n\n\r\n", io.ErrUnexpectedEOF},
		"chunked, in a line": {&framing.EventStream{Chunked: true}, "9\r\nda", io.ErrUnexpectedEOF},
	} {
		if _, ended, err := dispatched(c.f, c.body, nil); ended || err != nil {
			t.Errorf("%s: %v, %v", name, ended, err)
		}
		if err := c.f.AtEOF(0); !errors.Is(err, c.want) {
			t.Errorf("%s ends with %v, want %v", name, err, c.want)
		}
	}
}

func TestEventStreamRetryIsBounded(t *testing.T) {
	f := new(framing.EventStream)
	if _, _, err := dispatched(f, "retry: "+strings.Repeat("9", 1000)+"\n", nil); err != nil || f.Retry < 100*365*24*time.Hour {
		t.Errorf("retry of a thousand digits: %v, %v", f.Retry, err)
	}
	if _, _, err := dispatched(f, "retry: 0086400000\n", nil); err != nil || f.Retry != 24*time.Hour {
		t.Errorf("retry of a day: %v, %v", f.Retry, err)
	}
}

func TestChunksAreBounded(t *testing.T) {
	trailers := strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 70)
	for name, body := range map[string]string{
		"a long extension":     "5;" + strings.Repeat("x", 9<<10) + "\r\n",
		"an endless extension": "5;" + strings.Repeat("x", 9<<10),
		"endless trailers":     "0\r\n" + trailers,
		"a chunk of 16 EiB":    "ffffffffffffffff\r\n",
	} {
		for _, sizes := range [][]int{nil, {1000}} {
			if _, _, err := dispatched(&framing.EventStream{Chunked: true}, body, sizes); !errors.Is(err, framing.ErrMalformed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	body := "5;" + strings.Repeat("x", 4<<10) + "\r\ndata:\r\n0000000000000002\r\n\n\n\r\n0\r\n" + trailers[:20<<10] + "\r\n\r\n"
	if events, ended, err := dispatched(&framing.EventStream{Chunked: true}, body, nil); err != nil || !ended || len(events) != 1 {
		t.Errorf("long extensions and trailers: %q, %v, %v", events, ended, err)
	}
}

// A megabyte of line ends takes linear time; quadratic time would be minutes.
func TestEventStreamLineEndsAreLinear(t *testing.T) {
	for _, end := range []string{"\r", "\n", "\r\n", "data\r\r"} {
		body := []byte(strings.Repeat(end, 1<<20/len(end)))
		f := new(framing.EventStream)
		for len(body) > 0 {
			_, _, used, err := f.Next(body[:min(len(body), 64<<10)])
			if err != nil {
				t.Fatal(err)
			}
			body = body[used:]
		}
	}
}

// The benchmark fails if an event allocates, in any of the styles that servers use.
func BenchmarkEventStream(b *testing.B) {
	const events = 64
	for name, form := range map[string]string{
		"plain": "data: %s\n\n", "CRLF": "data: %s\r\n\r\n", "id and type": "event: update\nid: 1234\ndata: %s\n\n",
		"two lines": "data: %[1]s\ndata: %[1]s\n\n", "with comments": ": ping\n\ndata: %s\n\n",
	} {
		in := []byte(strings.Repeat(fmt.Sprintf(form, strings.Repeat("x", 128)), events))
		b.Run(name, func(b *testing.B) {
			f := new(framing.EventStream)
			readAll(b, f, in, events)
			b.SetBytes(int64(len(in) / events))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b.ResetTimer()
			for i := 0; i < b.N; i += events {
				readAll(b, f, in, events)
			}
			b.StopTimer()
			runtime.ReadMemStats(&after)
			if n := after.Mallocs - before.Mallocs; n > uint64(b.N)/100+50 {
				b.Errorf("%d allocations for %d events", n, b.N)
			}
		})
	}
}

// With Base64, the limit is that of the message.
func TestEventStreamBase64(t *testing.T) {
	for data, want := range map[string]error{"YQ==": nil, "YWJj": nil, "YWJj\ndata: ZGVmZw==": framing.ErrTooLong, "a b": framing.ErrMalformed, "Y": framing.ErrMalformed} {
		for _, sizes := range [][]int{nil, {1}} {
			_, _, err := dispatched(&framing.EventStream{Base64: true, Limit: 6}, "data: "+data+"\n\n", sizes)
			if !errors.Is(err, want) {
				t.Errorf("%q: %v, want %v", data, err, want)
			}
		}
	}
}
