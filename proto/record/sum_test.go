package record

import (
	"testing"

	"pgregory.net/rapid"
)

// A sum of encoded histograms is that of the histograms, and one that cannot be read changes nothing.
func TestSumIsThatOfTheHistograms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s Sum
		want := NewHistogram()
		for range rapid.IntRange(0, 5).Draw(t, "histograms") {
			h := NewHistogram()
			for _, v := range rapid.SliceOfN(rapid.Int64Range(0, Highest), 0, 50).Draw(t, "values") {
				_ = h.RecordValues(v, rapid.Int64Range(1, 1e6).Draw(t, "times"))
			}
			text, err := Encode(h)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := s.Add(string(text)); err != nil || n != h.TotalCount() {
				t.Fatalf("%d values, %v; want %d", n, err, h.TotalCount())
			}
			want.Merge(h)
			if len(text) > 20 {
				broken := append([]byte(nil), text...)
				broken[rapid.IntRange(0, len(text)-1).Draw(t, "broken")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
				if n, err := s.Add(string(broken)); err == nil { // in bits that say nothing
					decoded, err := Decode(broken)
					if err != nil || decoded.TotalCount() != n {
						t.Fatalf("a broken histogram counts %d, %v", n, err)
					}
					want.Merge(decoded)
				}
			}
		}
		if got := s.Histogram(); !got.Equals(want) || s.Count() != want.TotalCount() {
			t.Fatalf("%d values, want %d", s.Count(), want.TotalCount())
		}
	})
}

func TestSumRefusesOtherGeometries(t *testing.T) {
	t.Parallel()
	var s Sum
	for _, text := range []string{"x", "AAAA", "HISTFAAAABt4nJNpmSzMwMDAxQABzFCaEUoz", "===="} {
		if n, err := s.Add(text); err == nil || n != 0 || s.Count() != 0 {
			t.Errorf("%q: %d values, %v", text, n, err)
		}
	}
}

func FuzzSum(f *testing.F) {
	h := NewHistogram()
	_ = h.RecordValues(5e6, 3)
	text, _ := Encode(h)
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) {
		var s Sum
		if n, err := s.Add(text); s.Count() != n || err != nil && n != 0 {
			t.Fatalf("%d values, %v, sum %d", n, err, s.Count())
		}
	})
}

func BenchmarkSumAdd(b *testing.B) {
	h := NewHistogram()
	for i := range 5000 {
		_ = h.RecordValue(int64(200e3 * (1 + float64(i%977)/500)))
	}
	text, _ := Encode(h)
	var s Sum
	_, _ = s.Add(string(text))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Add(string(text)); err != nil {
			b.Fatal(err)
		}
	}
}
