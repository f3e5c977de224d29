package framing_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"rtbench/proto"
	"rtbench/proto/framing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ends returns by name a writing framing and one that reads its output.
var ends = map[string]func() (write, read framing.Framing){
	"tcp":            func() (_, _ framing.Framing) { return framing.TCP{}, framing.TCP{} },
	"websocket up":   func() (_, _ framing.Framing) { return &framing.WebSocket{Client: true}, &framing.WebSocket{} },
	"websocket down": func() (_, _ framing.Framing) { return &framing.WebSocket{}, &framing.WebSocket{Client: true} },
	"sse":            func() (_, _ framing.Framing) { return &framing.SSE{}, &framing.EventStream{Base64: true} },
	"sse text":       func() (_, _ framing.Framing) { return &framing.SSE{Text: true}, new(framing.EventStream) },
	"sse chunked": func() (_, _ framing.Framing) {
		return &framing.SSE{Chunked: true}, &framing.EventStream{Chunked: true, Base64: true}
	},
	"sse chunked text": func() (_, _ framing.Framing) {
		return &framing.SSE{Chunked: true, Text: true}, &framing.EventStream{Chunked: true}
	},
}

// feed splits the input into pieces of the given sizes, passes them to f and returns its
// events as text. The last size is that of all further pieces.
func feed(f framing.Framing, input []byte, sizes []int) (events []string, err error) {
	var in []byte
	for piece := 0; ; piece++ {
		for {
			kind, p, used, err := f.Next(in)
			if used < 0 || used > len(in) {
				return events, fmt.Errorf("used %d of %d", used, len(in))
			}
			in = in[used:]
			if kind == framing.End && (err == nil || errors.Is(err, io.EOF)) {
				return append(events, fmt.Sprintf("%d ", kind)), nil // the mask of the reply is random
			}
			if err != nil {
				return append(events, "error "+string(p)), err
			}
			if kind == framing.More {
				if used == 0 || len(in) == 0 {
					break
				}
				continue
			}
			events = append(events, fmt.Sprintf("%d %s", kind, p))
		}
		if len(input) == 0 {
			return events, nil
		}
		n := len(input)
		if len(sizes) > 0 {
			n = min(n, sizes[piece%len(sizes)])
		}
		in = append(bytes.Clone(in), input[:n]...)
		input = input[n:]
	}
}

func TestMessagesSurviveAnySplit(t *testing.T) {
	for name, framings := range ends {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				write, read := framings()
				var stream []byte
				var want []string
				for range rapid.IntRange(1, 6).Draw(t, "messages") {
					p := rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "message")
					if name == "sse text" || name == "sse chunked text" {
						p = []byte(rapid.StringMatching(`[ -~\näλ€]{0,200}`).Draw(t, "text"))
					}
					stream = write.Append(stream, p)
					want = append(want, fmt.Sprintf("%d %s", framing.Message, p))
				}
				end := write.AppendEnd(nil)
				if len(end) > 0 {
					want = append(want, fmt.Sprintf("%d ", framing.End))
				}
				stream = append(stream, end...)
				sizes := rapid.SliceOfN(rapid.IntRange(1, 50), 1, 5).Draw(t, "pieces")
				got, err := feed(read, stream, sizes)
				if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("got %q, %v; want %q", got, err, want)
				}
			})
		})
	}
}

func TestWebSocketFragmentsAndControl(t *testing.T) {
	frame := func(op ws.OpCode, fin bool, p string) []byte {
		h := ws.Header{Fin: fin, OpCode: op, Length: int64(len(p))}
		var b bytes.Buffer
		if err := ws.WriteHeader(&b, h); err != nil {
			t.Fatal(err)
		}
		return append(b.Bytes(), p...)
	}
	var in []byte
	in = append(in, frame(ws.OpText, false, "Hel")...)
	in = append(in, frame(ws.OpPing, true, "are you there")...)
	in = append(in, frame(ws.OpContinuation, false, "lo, ")...)
	in = append(in, frame(ws.OpPong, true, "")...)
	in = append(in, frame(ws.OpContinuation, true, "wörld")...)
	in = append(in, frame(ws.OpBinary, true, "")...)
	in = append(in, frame(ws.OpClose, true, "\x03\xe8")...)
	for _, sizes := range [][]int{nil, {1}, {3, 7}} {
		events, err := feed(&framing.WebSocket{Client: true}, in, sizes)
		if err != nil || len(events) != 4 || events[1] != "1 Hello, wörld" || events[2] != "1 " || events[3] != "3 " {
			t.Fatalf("events %q, %v", events, err)
		}
		if reply, _ := feed(&framing.WebSocket{}, []byte(events[0][2:]), nil); len(reply) != 0 {
			t.Fatalf("the pong reads as %q", reply)
		}
	}
}

func TestWebSocketViolationCloseCodes(t *testing.T) {
	header := func(h ws.Header) []byte {
		var b bytes.Buffer
		_ = ws.WriteHeader(&b, h)
		return b.Bytes()
	}
	text := append(header(ws.Header{Fin: true, OpCode: ws.OpText, Length: 2}), 0xff, 0xfe)
	for _, c := range []struct {
		name string
		in   []byte
		code ws.StatusCode
	}{
		{"masked by a server", header(ws.Header{Fin: true, OpCode: ws.OpText, Masked: true}), 1002},
		{"reserved bit", header(ws.Header{Fin: true, OpCode: ws.OpText, Rsv: 4}), 1002},
		{"reserved opcode", header(ws.Header{Fin: true, OpCode: 5}), 1002},
		{"fragmented ping", header(ws.Header{OpCode: ws.OpPing}), 1002},
		{"long ping", header(ws.Header{Fin: true, OpCode: ws.OpPing, Length: 126}), 1002},
		{"continuation of nothing", header(ws.Header{Fin: true, OpCode: ws.OpContinuation}), 1002},
		{"new message in the middle", append(header(ws.Header{OpCode: ws.OpText}), header(ws.Header{Fin: true, OpCode: ws.OpText})...), 1002},
		{"not UTF-8", text, 1007},
		{"too long", header(ws.Header{Fin: true, OpCode: ws.OpBinary, Length: proto.MaxSize + 1}), 1009},
	} {
		events, err := feed(&framing.WebSocket{Client: true}, c.in, nil)
		if err == nil || len(events) == 0 {
			t.Errorf("%s: %q, %v", c.name, events, err)
			continue
		}
		reply := []byte(events[len(events)-1])[len("error "):]
		if len(reply) < 8 || reply[0] != 0x88 {
			t.Errorf("%s: reply % x", c.name, reply)
			continue
		}
		payload := bytes.Clone(reply[6:])
		ws.Cipher(payload, [4]byte(reply[2:6]), 0)
		if got := ws.StatusCode(int(payload[0])<<8 | int(payload[1])); got != c.code {
			t.Errorf("%s: close code %d, want %d", c.name, got, c.code)
		}
	}
}

func TestChunks(t *testing.T) {
	in := "5;name=value\r\ndata:\r\nE\r\n a\n\ndata: b\n\n:\r\n2 \r\n\n\n\r\n0\r\nTrailer: x\r\n\r\n"
	for _, sizes := range [][]int{nil, {1}, {4}} {
		events, err := feed(&framing.EventStream{Chunked: true}, []byte(in), sizes)
		if err != nil || fmt.Sprintf("%q", events) != `["1 a" "1 b" "3 "]` {
			t.Errorf("%q, %v", events, err)
		}
	}
	for _, bad := range []string{"x\r\n", "-1\r\n", "123456789\r\n", "1\r\nab\r\n", "\r\n"} {
		if _, err := feed(&framing.EventStream{Chunked: true}, []byte(bad), nil); err == nil {
			t.Errorf("chunks %q are accepted", bad)
		}
	}
}

// No input makes a framing panic or loop, and splitting the input does not change the
// events before an error.
func fuzzFraming(f *testing.F, framing func() framing.Framing, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		size = min(max(size, 1), len(in)+1)
		whole, errWhole := feed(framing(), bytes.Clone(in), nil)
		split, errSplit := feed(framing(), bytes.Clone(in), []int{size})
		if errWhole != nil || errSplit != nil {
			// Replies are masked at random: compare only the messages.
			whole, split = messages(whole), messages(split)
			n := min(len(whole), len(split))
			whole, split = whole[:n], split[:n]
		}
		if fmt.Sprint(messages(whole)) != fmt.Sprint(messages(split)) {
			t.Fatalf("whole %q, in pieces of %d %q", whole, size, split)
		}
	})
}

func messages(events []string) []string {
	var out []string
	for _, e := range events {
		if e[0] == '0'+byte(framing.Message) {
			out = append(out, e)
		}
	}
	return out
}

func FuzzTCP(f *testing.F) {
	fuzzFraming(f, func() framing.Framing { return framing.TCP{} }, "\x00\x00\x00\x01a\x00\x00\x00\x00", "\xff\xff\xff\xff")
}

func FuzzWebSocketFromClient(f *testing.F) {
	c := &framing.WebSocket{Client: true}
	fuzzFraming(f, func() framing.Framing { return &framing.WebSocket{} }, string(c.AppendEnd(c.Append(nil, []byte("hello")))))
}

func FuzzWebSocketFromServer(f *testing.F) {
	s := &framing.WebSocket{Text: true}
	fuzzFraming(f, func() framing.Framing { return &framing.WebSocket{Client: true} },
		string(s.AppendEnd(s.Append(nil, []byte("hello")))), "\x01\x02He\x89\x00\x80\x03llo", "\x89\x7f\xff0000000")
}

func FuzzEventsInBase64(f *testing.F) {
	fuzzFraming(f, func() framing.Framing { return &framing.EventStream{Chunked: true, Base64: true} }, "a\r\ndata: YQ==\r\n2\r\n\n\n\r\n0\r\n\r\n")
}
