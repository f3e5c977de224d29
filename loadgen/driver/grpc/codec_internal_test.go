package grpc

import (
	"bytes"
	"testing"

	"google.golang.org/grpc/mem"
)

// Marshal allocates once per message: grpc-go requires a slice of buffers.
func TestCodecCostsNoAllocation(t *testing.T) {
	for _, n := range []int{0, 100, 2048, 2049, 100_000} {
		out, in := &rawMessage{payload: bytes.Repeat([]byte("x"), n)}, new(rawMessage)
		pass := func() {
			s, err := rawCodec{}.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			if err := (rawCodec{}).Unmarshal(s, in); err != nil {
				t.Fatal(err)
			}
			s.Free()
		}
		pass()
		if !bytes.Equal(in.payload, out.payload) {
			t.Fatalf("%d bytes have changed", n)
		}
		// Without garbage collection a pool keeps its buffers, except under the race detector.
		if got := testing.AllocsPerRun(1000, pass); n <= smallBuffer && got > 1 {
			t.Errorf("%d bytes: %v allocations a message", n, got)
		}
	}
}

// BenchmarkCopy compares bufferPool with the pool of grpc-go and with no pool.
func BenchmarkCopy(b *testing.B) {
	m := &rawMessage{payload: make([]byte, 100)}
	def := mem.DefaultBufferPool()
	for _, c := range []struct {
		name string
		copy func() mem.BufferSlice
	}{
		{"bufferPool", func() mem.BufferSlice { s, _ := rawCodec{}.Marshal(m); return s }},
		{"grpc-go", func() mem.BufferSlice {
			buf := def.Get(len(m.payload))
			*buf = append((*buf)[:0], m.payload...)
			return mem.BufferSlice{mem.NewBuffer(buf, def)}
		}},
		{"none", func() mem.BufferSlice { return mem.BufferSlice{mem.SliceBuffer(bytes.Clone(m.payload))} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.copy().Free()
			}
		})
	}
}

// toMetadata returns only metadata that grpc-go accepts.
func FuzzMetadata(f *testing.F) {
	f.Add("X-Room", "1")
	f.Add("key-bin", "AAEC/w==")
	f.Add("grpc-timeout", "1S")
	f.Add(":path", "/")
	f.Fuzz(func(t *testing.T, name, value string) {
		md, err := toMetadata(map[string][]string{name: {value}})
		if err != nil {
			return
		}
		for key := range md {
			if key == "" || key[0] == ':' || bytes.ContainsAny([]byte(key), "ABCDEFGHIJKLMNOPQRSTUVWXYZ \r\n") {
				t.Errorf("metadata %q of header %q", key, name)
			}
		}
	})
}
