package framing_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/proto/deflate"
	"rtbench/proto/framing"
)

// quote appends a typical market data message, number n.
func quote(dst []byte, n int) []byte {
	return fmt.Appendf(dst, `{"type":"trade","symbol":"ABC","id":%d,"price":%d.25,"size":%d,"venue":"XNAS"}`, n, 100+n%7, n*31%1000)
}

// A round trip does not allocate once the buffers and windows have grown.
func TestDeflateCostsNoAllocation(t *testing.T) {
	if testrun.Raced {
		t.Skip("a sync.Pool keeps little under the race detector")
	}
	for name, d := range map[string]*deflate.Params{"takeover": {}, "takeover, small windows": {ServerBits: 10, ClientBits: 10}, "each": {ServerNoContext: true, ClientNoContext: true}} {
		for _, fragment := range []int{0, 20} {
			write := &framing.WebSocket{Client: true, Text: true, Deflate: d, Fragment: fragment}
			read := &framing.WebSocket{Deflate: d}
			var p, b []byte
			p = bytes.Repeat(quote(nil, 1), 20)
			n := 0
			trip := func() {
				n++
				p = append(p[:0], p[len(p)/20:]...)
				p = append(p, p[:len(p)/19]...)
				b = write.Append(b[:0], p)
				kind, used := framing.More, 0
				var got []byte
				for in := b; kind == framing.More && len(in) > 0; in = in[used:] {
					var err error
					if kind, got, used, err = read.Next(in); err != nil {
						t.Fatal(err)
					}
				}
				if kind != framing.Message || !bytes.Equal(got, p) {
					t.Fatalf("%s: message %d came as %d, %d bytes", name, n, kind, len(got))
				}
			}
			for range 200 {
				trip()
			}
			if n := testing.AllocsPerRun(200, trip); n != 0 {
				t.Errorf("%s, in fragments of %d: %v allocations a message, both ends together", name, fragment, n)
			}
		}
	}
}

// BenchmarkDeflate measures compression and decompression by message size. ratio is
// compressed bytes per byte of message.
func BenchmarkDeflate(b *testing.B) {
	for _, size := range []int{128, 1 << 10, 16 << 10} {
		for _, d := range []struct {
			name string
			d    *deflate.Params
		}{{"off", nil}, {"takeover", &deflate.Params{}}, {"each", &deflate.Params{ServerNoContext: true, ClientNoContext: true}}} {
			var messages [][]byte
			for n := 0; len(messages) < 64; n++ {
				var p []byte
				for len(p) < size {
					p = quote(p, n*1000+len(p))
				}
				messages = append(messages, p[:size])
			}
			for _, half := range []string{"write", "read"} {
				b.Run(fmt.Sprintf("%s/%s/%d", half, d.name, size), func(b *testing.B) {
					benchmarkDeflate(b, half == "read", d.d, messages)
				})
			}
		}
	}
}

func benchmarkDeflate(b *testing.B, reads bool, d *deflate.Params, messages [][]byte) {
	write := &framing.WebSocket{Text: true, Deflate: d}
	read := &framing.WebSocket{Client: true, Deflate: d}
	var encoded [][]byte
	sent, of := 0, 0
	for _, p := range append(messages, messages...) { // the first half fills the window
		encoded = append(encoded, write.Append(nil, p))
	}
	for i, e := range encoded[:len(messages)] {
		if _, _, _, err := read.Next(e); err != nil {
			b.Fatal(err)
		}
		sent, of = sent+len(encoded[len(messages)+i]), of+len(messages[i])
	}
	b.SetBytes(int64(len(messages[0])))
	b.ReportAllocs()
	var out []byte
	for i := 0; b.Loop(); i++ {
		i := i % len(messages)
		if !reads {
			out = write.Append(out[:0], messages[i])
			continue
		}
		if kind, _, _, err := read.Next(encoded[len(messages)+i]); err != nil || kind != framing.Message {
			b.Fatal(kind, err)
		}
	}
	b.ReportMetric(float64(sent)/float64(of), "ratio")
}

func FuzzDeflateFromServer(f *testing.F) {
	d := &deflate.Params{}
	s := &framing.WebSocket{Text: true, Deflate: d, Fragment: 5}
	fuzzFraming(f, func() framing.Framing { return &framing.WebSocket{Client: true, Deflate: d, Limit: 1 << 16} },
		string(s.AppendEnd(s.Append(s.Append(nil, []byte("hello")), []byte("hello")))), "\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00\x81\x01a",
		"\xc1\x04\x03\x00\x03\x00", "\x41\x02\xf2\x48\x89\x00\x80\x01\xcd")
}

// Messages survive a round trip with any parameters.
func FuzzDeflateRoundTrip(f *testing.F) {
	f.Add([]byte("hello"), []byte("hello, hello"), uint8(0), uint8(15), 3)
	f.Add([]byte(""), bytes.Repeat([]byte("ab"), 5000), uint8(3), uint8(8), 0)
	f.Fuzz(func(t *testing.T, one, two []byte, each, bits uint8, fragment int) {
		if len(one)+len(two) > 1<<16 {
			return
		}
		d := &deflate.Params{ServerNoContext: each&1 != 0, ClientNoContext: each&2 != 0, ServerBits: 8 + int(bits)%8}
		write, read := &framing.WebSocket{Deflate: d, Fragment: max(0, fragment)}, &framing.WebSocket{Client: true, Deflate: d}
		stream := write.Append(write.Append(write.Append(nil, one), two), one)
		got, err := feed(read, stream, []int{1000})
		want := []string{"1 " + string(one), "1 " + string(two), "1 " + string(one)}
		if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%q, %v", got, err)
		}
	})
}
