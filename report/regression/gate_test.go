package regression_test

import (
	"strings"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

func TestGateDecide(t *testing.T) {
	base := side(t, 1, 20, time.Millisecond)
	for _, c := range []struct {
		response time.Duration
		want     stats.Outcome
	}{{time.Millisecond, stats.Pass}, {1300 * time.Microsecond, stats.Regression}, {1040 * time.Microsecond, stats.Inconclusive}} {
		got := gate(regression.DefaultFloor).Decide(base, side(t, 2, 20, c.response))
		if got.Outcome != c.want || len(got.Lines) != 3 || got.Pairs != 20 {
			t.Errorf("%v against 1 ms: %s after %d pairs, want %s; %+v", c.response, got.Outcome, got.Pairs, c.want, got.Lines)
		}
	}
}

// The generator's lateness on either side neither hides nor makes a difference of the servers.
func TestGateLeavesOutLateness(t *testing.T) {
	for name, c := range map[string]struct {
		response time.Duration
		want     stats.Outcome
	}{"equal": {time.Millisecond, stats.Pass}, "slower": {1300 * time.Microsecond, stats.Regression}} {
		base, head := side(t, 1, 20, time.Millisecond), side(t, 2, 20, c.response)
		for i, r := range head.Cells[0].Repetitions {
			if i%2 == 0 {
				r = base.Cells[0].Repetitions[i]
			}
			r.Low, r.Response = r.Response, scaled(t, r.Response, 1.5)
			late := []string{"p50", "p99"}
			r.Validity = result.Validity{
				Unusable: late, AtMost: late,
				Findings: []result.Finding{{Unusable: late, AtMost: true, Bounded: true}},
			}
		}
		got := gate(regression.DefaultFloor).Decide(base, head)
		if got.Outcome != c.want || !strings.Contains(strings.Join(got.Warnings, "\n"), "sent late in 20 of 40 repetitions") {
			t.Errorf("%s: %s, want %s; %q, %+v", name, got.Outcome, c.want, got.Warnings, got.Lines)
		}
	}
}

// scaled returns a histogram of times that are longer by a factor.
func scaled(t *testing.T, h result.Histogram, by float64) result.Histogram {
	t.Helper()
	out := record.NewHistogram()
	for _, b := range h.HDR().Distribution() {
		if err := out.RecordValues(int64(by*float64(b.To)), b.Count); err != nil {
			t.Fatal(err)
		}
	}
	return result.Wrap(out)
}

func TestLooks(t *testing.T) {
	for pairs, want := range map[int][]int{20: {10, 15, 20}, 16: {8, 12, 16}, 1: {1}, 2: {2}, 15: {15}} {
		got := regression.Looks(pairs)
		if len(got) != len(want) || got[0] != want[0] || got[len(got)-1] != pairs {
			t.Errorf("Looks(%d) = %v, want %v", pairs, got, want)
		}
	}
}
