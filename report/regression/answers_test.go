package regression_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// answering returns a result with one cell of answers whose time to the first token, and between tokens, vary by 2 %
// between repetitions.
func answering(t *testing.T, seed uint64, first, every time.Duration) *result.Result {
	t.Helper()
	const tokens = 20
	random := rand.New(rand.NewPCG(seed, 1))
	c := &result.Cell{ID: "x/generate/sse", Config: result.Config{Scenario: "x", Protocol: "sse", Pattern: "generate", Model: "closed"}}
	for i := range 20 {
		slower, of := 1+0.02*random.NormFloat64(), func(d time.Duration) result.Histogram {
			h := record.NewHistogram()
			for range 400 {
				if err := h.RecordValue(int64(float64(d) * (1 + 0.05*random.ExpFloat64()))); err != nil {
					t.Fatal(err)
				}
			}
			return result.Wrap(h)
		}
		first, every := time.Duration(float64(first)*slower), time.Duration(float64(every)*slower)
		c.Repetitions = append(c.Repetitions, &result.Repetition{
			Index: i, Phases: result.Phases{Steady: time.Second}, Counters: result.Counters{Recorded: 400},
			Answers: &result.Answers{Requests: 400, Ended: 400, First: of(first), Between: of(every), PerToken: of(every), Whole: of(first + (tokens-1)*every)},
		})
	}
	return &result.Result{Cells: []*result.Cell{c}}
}

// A slower first token, and slower tokens, are each found by their own metrics. Fewer tokens per second are worse.
func TestGateOnTokenTimes(t *testing.T) {
	t.Parallel()
	list, err := regression.MetricsNamed([]string{"ttft", "ttft_p99", "itl", "tpot", "answer", "token_rate"})
	if err != nil {
		t.Fatal(err)
	}
	const ms = time.Millisecond
	base := answering(t, 1, 100*ms, 10*ms)
	for name, c := range map[string]struct {
		first, every time.Duration
		want         string
	}{
		"equal":         {100 * ms, 10 * ms, ""},
		"first token":   {130 * ms, 10 * ms, "ttft_p50 ttft_p99 answer_p50"},
		"tokens":        {100 * ms, 13 * ms, "itl_p50 tpot_p50 answer_p50 token_rate"},
		"faster tokens": {100 * ms, 7 * ms, ""},
	} {
		g := regression.Gate{Metrics: list, Floor: 0.05, Rule: stats.Rule{Level: 0.05, Looks: regression.Looks(20)}}
		got := g.Decide(base, answering(t, 2, c.first, c.every))
		var worse []string
		for _, l := range got.Lines {
			if l.Outcome == stats.Regression {
				worse = append(worse, l.Metric)
			}
		}
		if strings.Join(worse, " ") != c.want || len(got.Lines) != 6 || (got.Outcome == stats.Regression) != (c.want != "") {
			t.Errorf("%s: %q are worse, want %q; %s, %+v", name, worse, c.want, got.Outcome, got.Lines)
		}
	}
}

// A disturbed measurement says nothing of the tokens, and messages have none.
func TestGateWithoutTokenTimes(t *testing.T) {
	t.Parallel()
	list, err := regression.MetricsNamed([]string{"ttft"})
	if err != nil {
		t.Fatal(err)
	}
	g := regression.Gate{Metrics: list, Floor: 0.05, Rule: stats.Rule{Level: 0.05, Looks: regression.Looks(20)}}
	base, head := answering(t, 1, time.Second, time.Second), answering(t, 2, 2*time.Second, time.Second)
	for _, r := range head.Cells[0].Repetitions {
		r.Validity.Unusable = []string{"p50"}
	}
	if got := g.Decide(base, head); got.Outcome != stats.Inconclusive || got.Lines[0].N != 0 {
		t.Errorf("%s of %+v", got.Outcome, got.Lines)
	}
	if err := g.Check(side(t, 1, 20, time.Millisecond).Cells, false); err == nil || !strings.Contains(err.Error(), "no cell has ttft_p50 of --metrics; expected one of p50") {
		t.Errorf("ttft of echoes: %v", err)
	}
}
