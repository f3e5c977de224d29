package proto_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"rtbench/proto"
)

func anyHeader() *rapid.Generator[proto.Header] {
	return rapid.Custom(func(t *rapid.T) proto.Header {
		return proto.Header{
			Seq: rapid.Uint64().Draw(t, "seq"), Intended: rapid.Int64().Draw(t, "intended"),
			Sent: rapid.Int64().Draw(t, "sent"), Stream: rapid.Uint32().Draw(t, "stream"),
		}
	})
}

func TestHeaderRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Bool().Draw(t, "text")
		size := rapid.IntRange(0, 5000).Draw(t, "size")
		h := anyHeader().Draw(t, "header")
		m := proto.NewMessage(size, text)
		m.Stamp(proto.Header{Seq: 99}) // no trace of an earlier header remains
		p := m.Stamp(h)
		least := proto.HeaderSize
		if text {
			least = proto.TextHeaderSize
		}
		if len(p) != max(size, least) {
			t.Fatalf("%d bytes for a size of %d", len(p), size)
		}
		got, err := proto.ParseHeader(p, text)
		if err != nil || got != h {
			t.Fatalf("got %+v, %v; want %+v", got, err, h)
		}
		if text {
			for _, b := range p {
				if b < ' ' || b > '~' {
					t.Fatalf("byte %q in a text message", b)
				}
			}
		}
	})
}

func TestCorruptMessages(t *testing.T) {
	for _, text := range []bool{false, true} {
		p := proto.NewMessage(100, text).Stamp(proto.Header{Seq: 1, Intended: 2, Sent: 3, Stream: 4})
		for i := range p {
			for bit := range 8 {
				p[i] ^= 1 << bit
				if _, err := proto.ParseHeader(p, text); !errors.Is(err, proto.ErrCorrupt) {
					t.Errorf("text %v: bit %d of byte %d is not detected: %v", text, bit, i, err)
				}
				p[i] ^= 1 << bit
			}
		}
		if _, err := proto.ParseHeader(p[:len(p)-1], text); err == nil {
			t.Errorf("text %v: a missing byte is not detected", text)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{}, true)
	f.Add(proto.NewMessage(64, false).Stamp(proto.Header{Seq: 1}), false)
	f.Add(proto.NewMessage(64, true).Stamp(proto.Header{Seq: 1}), true)
	f.Fuzz(func(t *testing.T, p []byte, text bool) {
		h, err := proto.ParseHeader(p, text)
		if err != nil {
			return
		}
		again, err := proto.ParseHeader(p, text)
		if err != nil || again != h {
			t.Fatal("parsing changed the message")
		}
	})
}

func TestHeaderCostsNoAllocation(t *testing.T) {
	for _, text := range []bool{false, true} {
		m := proto.NewMessage(128, text)
		var parser proto.Parser
		if n := testing.AllocsPerRun(100, func() {
			p := m.Stamp(proto.Header{Seq: 1})
			if _, err := parser.Parse(p, text); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("text %v: %v allocations a message", text, n)
		}
	}
}

func BenchmarkStamp(b *testing.B) {
	for name, text := range map[string]bool{"binary": false, "text": true} {
		b.Run(name, func(b *testing.B) {
			m := proto.NewMessage(128, text)
			b.ReportAllocs()
			for i := range b.N {
				m.Stamp(proto.Header{Seq: uint64(i)})
			}
		})
	}
}

func BenchmarkParseHeader(b *testing.B) {
	for name, text := range map[string]bool{"binary": false, "text": true} {
		b.Run(name, func(b *testing.B) {
			p := proto.NewMessage(128, text).Stamp(proto.Header{Seq: 1})
			var parser proto.Parser
			b.ReportAllocs()
			for range b.N {
				if _, err := parser.Parse(p, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
