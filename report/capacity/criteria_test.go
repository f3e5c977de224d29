package capacity

import (
	"math"
	"slices"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

func timesOf(counts map[time.Duration]int64) result.Histogram {
	h := record.NewHistogram()
	for at, n := range counts {
		_ = h.RecordValues(int64(at), n)
	}
	return result.Wrap(h)
}

func TestSharesOf(t *testing.T) {
	t.Parallel()
	limits := []result.SearchLimit{
		{Metric: "p(99)", Quantity: "p", Value: 10e6, Percentile: 99},
		{Metric: "max", Quantity: "max", Value: 10e6},
		{Metric: "failed_rate", Quantity: "failed_rate", Value: 0.001},
		{Metric: "service(90)", Quantity: "service", Value: 5e6, Percentile: 90},
		{Metric: "p(50)", Quantity: "p", Value: 5e6, Percentile: 50, InWindows: true},
		{Metric: "ttft(90)", Quantity: "ttft", Value: 5e6, Percentile: 90},
	}
	r := result.Repetition{
		Response: timesOf(map[time.Duration]int64{time.Millisecond: 95, 20 * time.Millisecond: 5}),
		Service:  timesOf(map[time.Duration]int64{time.Millisecond: 99, 20 * time.Millisecond: 1}),
		Counters: result.Counters{Due: 110, Failed: 10},
	}
	check := func(o Outcome, over int64) {
		t.Helper()
		got := sharesOf(&r, o, limits)
		want := []Share{{over, 100, 0.01}, {10, 110, 0.001}, {1, 100, 0.1}, {0, 0, 0.1}}
		for i := range want {
			if len(got) != len(want) || got[i].Over != want[i].Over || got[i].Of != want[i].Of || got[i].Allowed-want[i].Allowed > 1e-9 {
				t.Fatalf("%+v, want %+v", got, want)
			}
		}
	}
	check(Missed, 5)
	// Messages that rtbench sent late: a step that misses the objective does so by their lower bounds.
	r.Validity.Unusable, r.Validity.AtMost = []string{"p99"}, []string{"p99"}
	check(Met, 5)
	check(Missed, 1)
}

// The share that most steps exceed is counted; other conditions are met or missed by a step as a whole.
func TestCriteria(t *testing.T) {
	t.Parallel()
	below, above := Share{1, 1000, 0.01}, Share{50, 1000, 0.01}
	for _, c := range []struct {
		name     string
		steps    []Step
		counted  int // steps; 0 for no shares
		binding  int
		outcomes []bool // empty for none
	}{
		{"no shares", []Step{{1, Met, nil}, {2, Missed, nil}, {3, Limited, nil}}, 0, 0, []bool{true, false}},
		{"one share", []Step{{1, Met, []Share{below}}, {2, Missed, []Share{above}}, {3, Unusable, []Share{above}}}, 2, 0, nil},
		{"the second one binds", []Step{{1, Met, []Share{below, below}}, {2, Missed, []Share{below, above}}}, 2, 1, nil},
		{"both are exceeded", []Step{{1, Met, []Share{below, below}}, {2, Missed, []Share{above, above}}}, 2, 0, []bool{true, false}},
		{"a failure without a share", []Step{{1, Met, []Share{below}}, {2, Missed, []Share{above}}, {3, Missed, nil}}, 2, 0, []bool{true, true, false}},
		{"a condition that is not a share", []Step{{1, Met, []Share{below}}, {2, Missed, []Share{below}}}, 0, 1, []bool{true, false}},
	} {
		if got := bindingShare(c.steps); got != c.binding {
			t.Errorf("%s: share %d binds, want %d", c.name, got, c.binding)
		}
		counted := 0
		var of outcomes
		for _, criterion := range criteriaOf(c.steps) {
			switch v := criterion.(type) {
			case *shares:
				counted = len(v.at)
			case outcomes:
				of = v
			}
		}
		if counted != c.counted || len(of) != len(c.outcomes) {
			t.Errorf("%s: %d counted steps and %d outcomes, want %d and %d", c.name, counted, len(of), c.counted, len(c.outcomes))
			continue
		}
		for i, o := range of {
			if o.met != c.outcomes[i] {
				t.Errorf("%s: step %d met the rest: %v", c.name, i+1, o.met)
			}
		}
	}
}

// A capacity is the lowest one of all conditions.
func TestLowestCriterionDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ slow, broken, want float64 }{{3000, 8000, 3000}, {8000, 3000, 3000}, {3000, 3600, 3000}} {
		p := Plan{Start: 1000, Least: 1, Most: 1e6, Precision: 0.05, Steps: 40, Seed: 1}
		var steps []Step
		for {
			x, more := p.Next(steps)
			if !more {
				break
			}
			s := Step{x, Met, []Share{{int64(5 * x / c.slow), 1000, 0.01}}}
			if x > c.slow {
				s.Shares[0].Over = 200
			}
			if x > c.slow || x > c.broken {
				s.Outcome = Missed
			}
			steps = append(steps, s)
		}
		if in := p.Answer(steps).Interval; in.Low > 1.02*c.want || in.High < 0.98*c.want || in.High > 1.2*in.Low {
			t.Errorf("%+v after %d steps, want %g", in, len(steps), c.want)
		}
	}
}

// The distribution of one criterion stays that of this criterion when those of several are combined.
func TestLowestOfLeavesItsParts(t *testing.T) {
	t.Parallel()
	a, b := posterior{cumulative: []float64{0.1, 0.5, 1}}, posterior{cumulative: []float64{0.5, 1, 1}}
	got := lowestOf([]posterior{a, b})
	if !slices.Equal(a.cumulative, []float64{0.1, 0.5, 1}) || math.Abs(got.cumulative[0]-0.55) > 1e-9 {
		t.Errorf("%v of %v", got.cumulative, a.cumulative)
	}
}

// A thousand trials that contradict each other have a distribution.
func TestManyContradictoryTrials(t *testing.T) {
	t.Parallel()
	var steps []Step
	for i := range 1000 {
		steps = append(steps, Step{At: float64(1000 - i), Outcome: map[bool]Outcome{true: Met, false: Missed}[i < 500]})
	}
	if in := newPosteriorOf(steps).interval(); !(in.Low > 0 && in.Low <= in.At && in.At <= in.High) {
		t.Errorf("%+v", in)
	}
}
