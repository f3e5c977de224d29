package report

import (
	"slices"
	"testing"

	"rtbench/report/result"
)

// The values of a threshold are evidence for its verdict.
func TestThresholdLinesShowEvidence(t *testing.T) {
	p99 := func(at, low result.Number, atMost bool) []result.Observed {
		return []result.Observed{{Metric: "p(99)", Value: at, Low: low, AtMost: atMost, Unit: "ns"}}
	}
	for want, o := range map[string]result.Outcome{
		"✓ p(99) < 5ms: p(99) = 2.00 ms":                                              {Holds: true, Observed: p99(2e6, 0, false)},
		"✓ p(99) < 5ms: p(99) ≤ 2.00 ms":                                              {Holds: true, Observed: p99(2e6, 1e6, true)},
		"✓ p(99) < 5ms: p(99) = 4.999123 ms":                                          {Holds: true, Close: true, Observed: p99(4_999_123, 0, false)},
		"✗ p(99) < 5ms: a, repetition 1: p(99) = 9.00 ms (fails in 1 of 1)":           {Observed: p99(9e6, 0, false)},
		"✗ p(99) < 5ms: a, repetition 1: 6.00 ms ≤ p(99) ≤ 9.00 ms (fails in 1 of 1)": {Observed: p99(9e6, 6e6, true)},
		"? p(99) < 5ms: a, repetition 1: 3.00 ms ≤ p(99) ≤ 9.00 ms, the bounds lie on both sides of the limit: late (unknown in 1 of 1)": {
			Unknown: true, Observed: p99(9e6, 3e6, true), Error: "the bounds lie on both sides of the limit: late",
		},
		"? p(99) < 5ms: a, repetition 1: p(99) ≤ 9.00 ms, only an upper bound is known: late (unknown in 1 of 1)": {
			Unknown: true, Observed: p99(9e6, 0, true), Error: "only an upper bound is known: late",
		},
	} {
		o.Text, o.Worse = "p(99) < 5ms", 1
		r := &result.Result{Cells: []*result.Cell{{ID: "a", Repetitions: []*result.Repetition{{Thresholds: []result.Outcome{o}}}}}}
		if got := ThresholdLines(r); !slices.Equal(got, []string{want}) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Cells for which a threshold is unknown share a line.
func TestUnknownThresholdsShareALine(t *testing.T) {
	r := &result.Result{}
	for _, id := range []string{"a", "b", "c"} {
		o := result.Outcome{Text: "p(99) < 5ms", Unknown: true, Error: "p(99) was not measured: 7 messages, p99 needs 368"}
		r.Cells = append(r.Cells, &result.Cell{ID: id, Repetitions: []*result.Repetition{{Thresholds: []result.Outcome{o}}}})
	}
	want := []string{"? p(99) < 5ms: a and 2 more cells, for example repetition 1: p(99) was not measured: 7 messages, p99 needs 368 (unknown in 1 of 1)"}
	if got := ThresholdLines(r); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
