package framing_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/framing"
)

// An event is a dispatched event.
type event struct {
	kind, data, id string
	retry          time.Duration
}

func (e event) String() string { return e.kind + "|" + e.data + "|" + e.id + "|" + e.retry.String() }

// interpret is a reference implementation of the standard's algorithm (HTML, section
// 9.2.6) over a whole body, except that invalid UTF-8 is kept.
func interpret(body string) (events []event) {
	body = strings.TrimPrefix(body, "\xef\xbb\xbf")
	var data, kind, idBuffer, lastID string
	var retry time.Duration
	for {
		i := strings.IndexAny(body, "\r\n")
		if i < 0 {
			return events // "the incomplete event is not dispatched"
		}
		line, end := body[:i], 1
		if strings.HasPrefix(body[i:], "\r\n") {
			end = 2
		}
		body = body[i+end:]
		if line == "" {
			lastID = idBuffer
			if data != "" {
				events = append(events, event{kind, strings.TrimSuffix(data, "\n"), lastID, retry})
			}
			data, kind = "", ""
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case strings.HasPrefix(line, ":"):
		case name == "event":
			kind = value
		case name == "data":
			data += value + "\n"
		case name == "id" && !strings.Contains(value, "\x00"):
			idBuffer = value
		case name == "retry" && value != "" && strings.Trim(value, "0123456789") == "" && len(value) < 10:
			var ms time.Duration
			_, _ = fmt.Sscanf(value, "%d", &ms)
			retry = ms * time.Millisecond
		}
	}
}

// dispatched returns the events that f finds in body, split into pieces of the given
// sizes.
func dispatched(f *framing.EventStream, body string, sizes []int) (events []event, ended bool, err error) {
	var in []byte
	for i := 0; ; i++ {
		n := len(body)
		if len(sizes) > 0 {
			n = min(n, max(1, sizes[i%len(sizes)]))
		}
		in = append(bytes.Clone(in), body[:n]...) // so that stale references to the old one are found
		body = body[n:]
		for {
			kind, p, used, err := f.Next(in)
			in = in[used:]
			switch {
			case err != nil:
				return events, false, err
			case kind == framing.End:
				return events, true, nil
			case kind == framing.Message:
				events = append(events, event{string(f.Type), string(p), string(f.LastID), f.Retry})
				continue
			}
			break
		}
		if len(body) == 0 {
			return events, false, nil
		}
	}
}

// Examples and rules of the standard.
var streams = []struct {
	name, body string
	want       []event
}{
	{"three lines", "data: YHOO\ndata: +2\ndata: 10\n\n", []event{{data: "YHOO\n+2\n10"}}},
	{
		"four blocks", ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
		[]event{{data: "first event", id: "1"}, {data: "second event"}},
	},
	{"empty data", "data\n\ndata\ndata\n\ndata:", []event{{}, {data: "\n"}}},
	{"spaces", "data:test\n\ndata: test\n\n", []event{{data: "test"}, {data: "test"}}},
	{
		"types", "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\ndata: x\n\n",
		[]event{{kind: "add", data: "73857293"}, {kind: "remove", data: "2153"}, {data: "x"}},
	},
	{"a type without data", "event: a\n\ndata: b\n\n", []event{{data: "b"}}},
	{"CRLF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", []event{{data: "a\nb"}, {data: "c"}}},
	{"CR", "data: a\rdata: b\r\rdata: c\r\r", []event{{data: "a\nb"}, {data: "c"}}},
	{"mixed ends", "data: a\r\n\ndata: b\r\rdata: c\n\r\ndata: d\n\n", []event{{data: "a"}, {data: "b"}, {data: "c"}, {data: "d"}}},
	{"a mark", "\ufeffdata: a\n\n", []event{{data: "a"}}},
	{"two marks", "\ufeff\ufeffdata: a\n\ndata: b\n\n", []event{{data: "b"}}},
	{"half a mark", "\xef\xbbdata: a\n\ndata: b\n\n", []event{{data: "b"}}},
	{"no UTF-8", "data: \xff\xfe\n\nda\xffta: a\ndata: b\n\n", []event{{data: "\xff\xfe"}, {data: "b"}}},
	{"NUL in an id", "id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", []event{{data: "a", id: "1"}, {data: "b", id: "1"}}},
	{"an id alone counts", "id: 7\n\ndata: a\n\n", []event{{data: "a", id: "7"}}},
	{"an id in the middle", "data: a\nid: 1\nid: 2\n\ndata: b\n\n", []event{{data: "a", id: "2"}, {data: "b", id: "2"}}},
	{
		"retry", "retry: 3000\ndata: a\n\nretry: 1s\ndata: b\n\nretry\nretry: -1\nretry:0\ndata: c\n\n",
		[]event{{data: "a", retry: 3 * time.Second}, {data: "b", retry: 3 * time.Second}, {data: "c"}},
	},
	{"unknown fields", "datax: no\nDATA: no\n data: no\nfoo\n:\n::\ndata: yes:no\n\n", []event{{data: "yes:no"}}},
	{"no end", "data: a\n\ndata: b\n", []event{{data: "a"}}},
	{"colons", "data:: a\n\ndata\n:c\n\n", []event{{data: ": a"}, {}}},
}

func TestEventStreamStandardExamples(t *testing.T) {
	for _, c := range streams {
		if got := interpret(c.body); !slices.Equal(got, c.want) {
			t.Fatalf("%s: the test's own parser has %q, want %q", c.name, got, c.want)
		}
		for _, sizes := range [][]int{nil, {1}, {2, 5}, {3}} {
			f := new(framing.EventStream)
			if got, ended, err := dispatched(f, c.body, sizes); err != nil || ended || !slices.Equal(got, c.want) {
				t.Errorf("%s in pieces of %v: %q, %v; want %q", c.name, sizes, got, err, c.want)
			}
			if err := f.AtEOF(0); !errors.Is(err, io.EOF) {
				t.Errorf("%s ends with %v", c.name, err)
			}
		}
	}
}

// chunked encodes body in chunks of the given sizes.
func chunked(body string, sizes []int) string {
	var b strings.Builder
	for i := 0; len(body) > 0; i++ {
		n := min(max(1, sizes[i%len(sizes)]), len(body))
		fmt.Fprintf(&b, "%x; a=\"b\"\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\nTrailer: x\r\n\r\n"
}

// same checks that a body is read as by the reference, by every transfer coding.
func same(t interface {
	Helper()
	Fatalf(string, ...any)
}, body string, sizes, chunks []int,
) {
	t.Helper()
	want := interpret(body)
	for name, c := range map[string]struct {
		f    *framing.EventStream
		body string
		ends bool
	}{
		"bare":    {new(framing.EventStream), body, false},
		"sized":   {&framing.EventStream{Sized: true, Left: int64(len(body))}, body + "data: no\n\n", true},
		"chunked": {&framing.EventStream{Chunked: true}, chunked(body, chunks), true},
	} {
		got, ended, err := dispatched(c.f, c.body, sizes)
		if err != nil || ended != c.ends || !slices.Equal(got, want) {
			t.Fatalf("%s %q in pieces of %v: %q, %v, %v; want %q", name, c.body, sizes, got, ended, err, want)
		}
	}
}

func TestEventStreamAtAnySplit(t *testing.T) {
	part := rapid.SampledFrom([]string{
		"data", "event", "id", "retry", "x", ":", ": ", " ", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\r\r",
		"data: plain\n\n", "123", "\x00", "\xff", "\ufeff", "ä", "data:", "id: 5\n",
	})
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Join(rapid.SliceOfN(part, 0, 40).Draw(t, "body"), "")
		sizes := rapid.SliceOfN(rapid.IntRange(1, 30), 1, 4)
		same(t, body, sizes.Draw(t, "pieces"), sizes.Draw(t, "chunks"))
	})
}

func FuzzEventStream(f *testing.F) {
	for _, c := range streams {
		f.Add(c.body, 2, 3)
	}
	f.Fuzz(func(t *testing.T, body string, piece, chunk int) {
		if strings.Contains(body, "retry") && strings.ContainsAny(body, "0123456789") && len(body) > 40 {
			return // the reference does not parse long numbers
		}
		same(t, body, []int{piece}, []int{chunk})
	})
}

// Any split of any transfer coding gives the same result.
func FuzzEventStreamCoding(f *testing.F) {
	f.Add("5;x\r\ndata:\r\n2\n\n\n\r\n0\r\nA: b\r\n\r\n", 3, 10)
	f.Fuzz(func(t *testing.T, body string, piece, limit int) {
		limit = min(max(limit, 1), 1000)
		whole, ended, err := dispatched(&framing.EventStream{Chunked: true, Limit: limit}, body, nil)
		split, endedToo, errToo := dispatched(&framing.EventStream{Chunked: true, Limit: limit}, body, []int{piece})
		if !slices.Equal(whole, split) || ended != endedToo || !errors.Is(errToo, err) {
			t.Fatalf("whole %q, %v, %v; in pieces of %d %q, %v, %v", whole, ended, err, piece, split, endedToo, errToo)
		}
	})
}
