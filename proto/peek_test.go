package proto_test

import (
	"testing"

	"rtbench/proto"
)

func TestPeekHeader(t *testing.T) {
	want := proto.Header{Seq: 1<<40 + 7, Intended: 123456789012345, Sent: 223456789012345, Stream: 9}
	for _, text := range []bool{false, true} {
		p := proto.NewMessage(100, text).Stamp(want)
		for n := range p {
			h, fields := proto.PeekHeader(p[:n], text)
			bytes := min(n, proto.HeaderSize)
			if text {
				bytes = min(n*6/8, proto.HeaderSize)
			}
			if expected := min(bytes/8, 3) + bytes/28; fields != expected {
				t.Fatalf("text %v: %d fields in %d bytes, want %d", text, fields, n, expected)
			}
			if fields == 4 && h != want || fields > 0 && h.Seq != want.Seq {
				t.Fatalf("text %v, %d bytes: %+v, want %+v", text, n, h, want)
			}
		}
		p[len(p)-1] ^= 1 // the body
		if h, fields := proto.PeekHeader(p, text); h != want || fields != 4 {
			t.Errorf("text %v: %+v, %d fields", text, h, fields)
		}
		p[0] = 0xff // the sequence number; invalid base64
		h, fields := proto.PeekHeader(p, text)
		if h.Seq = want.Seq; h != want || fields != 4 {
			t.Errorf("text %v, damaged: %+v, %d fields", text, h, fields)
		}
	}
}

func BenchmarkPeekHeader(b *testing.B) {
	p := proto.NewMessage(100, true).Stamp(proto.Header{Seq: 7, Intended: 8, Sent: 9})
	for b.Loop() {
		proto.PeekHeader(p, true)
	}
}
