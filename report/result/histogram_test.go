package result

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"rtbench/proto/record"
)

func TestSamplesFor(t *testing.T) {
	for p, want := range map[float64]int64{0: 1, 50: 6, 90: 36, 99: 368, 99.9: 3688, 99.99: 36887, 100: 1} {
		if got := SamplesFor(p); got != want {
			t.Errorf("SamplesFor(%v) = %d, want %d", p, got, want)
		}
	}
}

func TestPercentileNeedsItsSamples(t *testing.T) {
	for n, want := range map[int]bool{0: false, 367: false, 368: true} {
		if _, ok := synthetic(t, 1, n, time.Millisecond).Percentile(99); ok != want {
			t.Errorf("p99 of %d samples: %v, want %v", n, ok, want)
		}
	}
}

func TestZeroHistogramIsEmpty(t *testing.T) {
	for name, h := range map[string]Histogram{"zero": {}, "empty": Wrap(record.NewHistogram())} {
		if h.Count() != 0 || h.Max() != 0 || !math.IsNaN(h.Mean()) || h.Quantile(99) != 0 {
			t.Errorf("%s: %d, max %v, mean %v, p99 %v", name, h.Count(), h.Max(), h.Mean(), h.Quantile(99))
		}
		if b, err := json.Marshal(h); err != nil || string(b) != `""` {
			t.Errorf("%s: encoded as %s, %v", name, b, err)
		}
	}
	var h Histogram
	if err := json.Unmarshal([]byte("null"), &h); err != nil || h.Count() != 0 {
		t.Errorf("null: %d values, %v", h.Count(), err)
	}
}

func TestHistogramSurvivesJSON(t *testing.T) {
	h := synthetic(t, 1, 1000, time.Millisecond)
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var packed Histogram
	if err := json.Unmarshal(b, &packed); err != nil {
		t.Fatal(err)
	}
	if !packed.HDR().Equals(h.HDR()) {
		t.Error("the decoded histogram differs")
	}
	if packed.Count() != h.Count() || packed.Max() != h.Max() || packed.Mean() != h.Mean() || packed.Quantile(99) != h.Quantile(99) {
		t.Error("the encoded histogram gives other values")
	}
	if again, err := json.Marshal(packed); err != nil || string(again) != string(b) {
		t.Errorf("encoding it again gives other bytes: %v", err)
	}
}

func TestHistogramRejectsOtherGeometries(t *testing.T) {
	for name, h := range map[string]*hdrhistogram.Histogram{
		"digits":  hdrhistogram.New(1, record.Highest, 5),
		"fewer":   hdrhistogram.New(1, record.Highest, 2),
		"lowest":  hdrhistogram.New(1000, record.Highest, 3),
		"highest": hdrhistogram.New(1, 1<<62, 3),
	} {
		if err := h.RecordValue(5000); err != nil {
			t.Fatal(err)
		}
		b, err := h.EncodeV2()
		if err != nil {
			t.Fatal(err)
		}
		quoted, _ := json.Marshal(string(b))
		if err := new(Histogram).UnmarshalJSON(quoted); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, s := range []string{`"x"`, `"AAAA"`, `7`, `{}`, `"` + strings.Repeat("A", 400) + `"`} {
		if err := new(Histogram).UnmarshalJSON([]byte(s)); err == nil {
			t.Errorf("%.20s: accepted", s)
		}
	}
}

// Merging adds counts and does not modify its argument. Percentiles of the sum lie within the range of
// the parts. These have hundreds of values, because hdrhistogram may round a fractional rank
// differently in the sum.
func TestMergeAddsCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts [2]Histogram
		for i := range parts {
			h := record.NewHistogram()
			n := 100 * rapid.IntRange(1, 3).Draw(t, "hundreds")
			for _, v := range rapid.SliceOfN(rapid.Int64Range(0, record.Highest), n, n).Draw(t, "values") {
				if err := h.RecordValue(v); err != nil {
					t.Fatal(err)
				}
			}
			parts[i] = Wrap(h)
		}
		if rapid.Bool().Draw(t, "second is encoded") {
			b, _ := json.Marshal(parts[1])
			if err := json.Unmarshal(b, &parts[1]); err != nil {
				t.Fatal(err)
			}
		}
		before := parts[1].Count()
		var sum Histogram
		sum.Merge(parts[0])
		sum.Merge(parts[1])
		if sum.Count() != parts[0].Count()+before || parts[1].Count() != before {
			t.Fatalf("%d + %d values give %d", parts[0].Count(), before, sum.Count())
		}
		if sum.Max() != max(parts[0].Max(), parts[1].Max()) {
			t.Fatalf("max %v of %v and %v", sum.Max(), parts[0].Max(), parts[1].Max())
		}
		for _, p := range []float64{1, 50, 90, 99, 100} {
			a, b, got := parts[0].Quantile(p), parts[1].Quantile(p), sum.Quantile(p)
			if got < min(a, b) || got > max(a, b) {
				t.Fatalf("p%v is %v, not between %v and %v", p, got, a, b)
			}
		}
	})
}

func TestMergeDoesNotModifyItsArgument(t *testing.T) {
	a, b := synthetic(t, 1, 10, time.Millisecond), synthetic(t, 2, 20, time.Millisecond)
	var sum Histogram
	sum.Merge(a)
	sum.Merge(b)
	if sum.Count() != 30 || a.Count() != 10 || b.Count() != 20 {
		t.Errorf("10 and 20 values became %d, %d and %d", sum.Count(), a.Count(), b.Count())
	}
}
