package record_test

import (
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"rtbench/proto/record"
)

func TestBarsAreThoseOfTheDistribution(t *testing.T) {
	t.Parallel()
	h := record.NewHistogram()
	check := func(what string) {
		want := slices.DeleteFunc(h.Distribution(), func(b hdrhistogram.Bar) bool { return b.Count == 0 })
		if d := cmp.Diff(want, slices.Collect(record.Bars(h))); d != "" {
			t.Errorf("%s (-Distribution +Bars):\n%s", what, d)
		}
	}
	check("empty")
	for v := int64(0); v <= record.Highest; v = v + v/300 + 1 {
		if err := h.RecordValues(v, 1+v%3); err != nil {
			t.Fatal(err)
		}
	}
	check("all magnitudes")
	for b := range record.Bars(h) {
		if b.From != 0 {
			t.Errorf("the first bar begins at %d", b.From)
		}
		break
	}
}
