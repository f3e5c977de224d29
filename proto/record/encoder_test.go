package record_test

import (
	"bytes"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"rtbench/proto/record"
)

// The encoding is that of HdrHistogram, byte for byte.
func TestEncodeIsThatOfTheLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := record.NewHistogram()
		for range rapid.IntRange(0, 20).Draw(t, "values") {
			v := rapid.Int64Range(0, record.Highest).Draw(t, "value") >> rapid.IntRange(0, 39).Draw(t, "shift")
			_ = h.RecordValues(v, rapid.Int64Range(1, 1<<40).Draw(t, "count"))
		}
		want, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := record.Encode(h); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s (%v), want %s", got, err, want)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	h := filled().Response()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := record.Encode(h); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeOfTheLibrary(b *testing.B) {
	h := filled().Response()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase); err != nil {
			b.Fatal(err)
		}
	}
}
