package grpc

import (
	"bytes"
	"testing"

	"google.golang.org/grpc/mem"

	"rtbench/proto/framing"
)

// Marshal allocates once per message: grpc-go requires a slice of buffers.
func TestCodecCostsNoAllocation(t *testing.T) {
	for _, raw := range []bool{true, false} {
		for _, n := range []int{0, 100, 2000, 2049, 100_000} {
			count := new(unwritten)
			out := &framing.BenchMessage{Payload: bytes.Repeat([]byte("x"), n), Raw: raw, Pool: count}
			in := &framing.BenchMessage{Raw: raw}
			pass := func() {
				s, err := framing.BenchCodec{}.Marshal(out)
				if err != nil {
					t.Fatal(err)
				}
				if err := (framing.BenchCodec{}).Unmarshal(s, in); err != nil {
					t.Fatal(err)
				}
				if got, want := count.bytes.Load(), int64(s.Len()+messageHeaderSize); got != want {
					t.Fatalf("%d bytes: %d unwritten, want %d", n, got, want)
				}
				s.Free()
			}
			pass()
			if !bytes.Equal(in.Payload, out.Payload) {
				t.Fatalf("%d bytes have changed", n)
			}
			// Without garbage collection a pool keeps its buffers, except under the race detector.
			if got := testing.AllocsPerRun(1000, pass); n <= 2000 && got > 1 {
				t.Errorf("%d bytes: %v allocations a message", n, got)
			}
			if n := count.bytes.Load(); n != 0 {
				t.Errorf("%d bytes remain unwritten", n)
			}
		}
	}
}

// BenchmarkCopy compares bufferPool with the pool of grpc-go, and with none.
func BenchmarkCopy(b *testing.B) {
	for name, pool := range map[string]mem.BufferPool{"bufferPool": buffers, "grpc-go": mem.DefaultBufferPool(), "none": nil} {
		b.Run(name, func(b *testing.B) {
			m := &framing.BenchMessage{Payload: make([]byte, 100), Raw: true, Pool: pool}
			b.ReportAllocs()
			for b.Loop() {
				s, _ := framing.BenchCodec{}.Marshal(m)
				s.Free()
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
