package framing_test

import (
	"bytes"
	"fmt"
	"testing"

	"rtbench/proto/framing"
)

// readAll passes in to f and fails unless it holds n messages.
func readAll(tb testing.TB, f framing.Framing, in []byte, n int) {
	for used := 0; ; {
		kind, _, m, err := f.Next(in[used:])
		used += m
		switch {
		case err != nil:
			tb.Fatal(err)
		case kind == framing.Message:
			n--
		case kind == framing.More && (m == 0 || used == len(in)):
			if n != 0 {
				tb.Fatalf("%d events are missing", n)
			}
			return
		}
	}
}

// The cost of one event in a read of 64, by encoding.
func BenchmarkSSENext(b *testing.B) {
	const events = 64
	for _, size := range []int{128, 4 << 10} {
		for name, sender := range map[string]framing.SSE{
			"text": {Text: true}, "text chunked": {Text: true, Chunked: true}, "base64 chunked": {Chunked: true},
		} {
			f := &framing.EventStream{Chunked: sender.Chunked, Base64: !sender.Text}
			var in []byte
			for range events {
				in = sender.Append(in, bytes.Repeat([]byte("x"), size))
			}
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(in) / events))
				work := make([]byte, len(in))
				for i := 0; i < b.N; i += events {
					copy(work, in) // base64 is decoded in place
					readAll(b, f, work, events)
				}
			})
		}
	}
}
