package framing_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/proto/framing"
)

// newCalls returns a framing for each kind of message.
func newCalls(limit int) (all []*framing.GRPCCall) {
	for _, wrapped := range []bool{false, true} {
		for _, compress := range []bool{false, true} {
			g := &framing.GRPCCall{Wrapped: wrapped, Compress: compress, Limit: limit}
			g.SetEncoding(framing.GZIP)
			all = append(all, g)
		}
	}
	return all
}

// Messages of all sizes up to the limit come back, in one piece or byte by byte.
func TestGRPCCallRoundTrip(t *testing.T) {
	for _, g := range newCalls(100_010) {
		var in []byte
		sizes := []int{0, 1, 511, 512, 513, 5000, 100_000}
		for _, n := range sizes {
			in = g.Append(in, bytes.Repeat([]byte("xy"), n)[:n])
		}
		d := framing.NewDecoder(g)
		for i, from := 0, 0; i < len(sizes); {
			end := min(len(in), from+100_100)
			p, used, err := d.Next(in[from:end])
			if err != nil || p == nil || len(p) != sizes[i] {
				t.Fatalf("%+v: message %d has %d bytes, %v; want %d", g, i, len(p), err, sizes[i])
			}
			from += used
			i++
		}
	}
}

// A message over the limit is refused, whether its length says so or its decompressed size.
func TestGRPCCallLimit(t *testing.T) {
	for _, g := range newCalls(1000) {
		in := g.Append(nil, make([]byte, 1<<20))
		if _, _, _, err := g.Next(in); !errors.Is(err, framing.ErrTooLong) {
			t.Errorf("%+v: %v", g, err)
		}
		if g.Received() {
			t.Error("a refused message counts as received")
		}
	}
}

// A limit above the default applies to a message that arrives in pieces.
func TestGRPCCallLimitAboveDefault(t *testing.T) {
	g := &framing.GRPCCall{Limit: 8 << 20}
	in := g.Append(nil, make([]byte, 8<<20))
	d := framing.NewDecoder(g)
	if p, _, err := d.Next(in[:len(in)-1]); p != nil || err != nil {
		t.Fatalf("an incomplete message: %d bytes, %v", len(p), err)
	}
	if p, _, err := d.Next(in); len(p) != 8<<20 || err != nil {
		t.Fatalf("%d bytes, %v", len(p), err)
	}
}

func TestGRPCCallEnd(t *testing.T) {
	g := &framing.GRPCCall{Limit: 10}
	if err := g.AtEOF(0); !errors.Is(err, io.EOF) {
		t.Errorf("the end after a message: %v", err)
	}
	if err := g.AtEOF(1); !errors.Is(err, framing.ErrMalformed) {
		t.Errorf("the end inside a message: %v", err)
	}
	if g.SetEncoding("gzip"); !errors.Is(nextError(g, []byte{1, 0, 0, 0, 0}), framing.ErrMalformed) {
		t.Error("empty gzip data is accepted")
	}
	if g.Start(); !errors.Is(nextError(g, []byte{1, 0, 0, 0, 0}), framing.ErrCompression) {
		t.Error("the encoding outlives its call")
	}
}

func nextError(g *framing.GRPCCall, in []byte) error {
	_, _, _, err := g.Next(in)
	return err
}

func TestGRPCCallAlloc(t *testing.T) {
	if testrun.Raced {
		t.Skip("the race detector allocates")
	}
	for _, g := range newCalls(10_000) {
		p, out := make([]byte, 2000), make([]byte, 0, 10_000)
		if n := testing.AllocsPerRun(100, func() {
			out = g.Append(out[:0], p)
			if _, _, _, err := g.Next(out); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%+v allocates %v times", g, n)
		}
	}
}

// Next never panics, uses more than there is, or returns a message over the limit, and accepts what
// Append writes.
func FuzzGRPCCall(f *testing.F) {
	for _, g := range newCalls(100) {
		f.Add(g.Append(g.Append(nil, []byte("one")), nil))
	}
	f.Add([]byte{1, 0, 0, 0, 3, 31, 139, 8})
	f.Add([]byte{0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, g := range newCalls(100) {
			d := framing.NewDecoder(g)
			for rest := in; ; {
				p, used, err := d.Next(rest)
				if used > len(rest) || len(p) > 100 {
					t.Fatalf("%d of %d bytes used for %d", used, len(rest), len(p))
				}
				if err != nil || p == nil {
					break
				}
				again := g.Append(nil, p)
				rest = rest[used:]
				if len(p) <= 90 {
					got := bytes.Clone(p)
					if _, q, n, err := g.Next(again); err != nil || n != len(again) || !bytes.Equal(q, got) {
						t.Fatalf("%q came back as %q, %v", got, q, err)
					}
				}
			}
		}
	})
}
