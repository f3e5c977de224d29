package pace_test

import (
	"math"
	"sort"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/pace"
)

func TestSharesInterleaveWithoutDrift(t *testing.T) {
	const rate, streams, seconds = 70_000, 7, 20
	p := constant(rate, seconds*time.Second)
	plans := make([]*pace.Plan, streams)
	for i := range plans {
		plans[i] = pace.NewPlan(p, pace.Constant, 0, i, streams)
	}
	for n := range rate * seconds {
		due, ok := plans[n%streams].Next()
		if want := int64(math.Round(float64(n) * 1e9 / rate)); !ok || int64(due)-want > 1 || want-int64(due) > 1 {
			t.Fatalf("message %d is due at %d, %v; want %d", n, due, ok, want)
		}
	}
	for i, plan := range plans {
		if due, ok := plan.Next(); ok {
			t.Fatalf("stream %d has a message at %v, after the end", i, due)
		}
	}
}

// The gaps of superposed Poisson plans are exponential: Kolmogorov-Smirnov against
// 1−exp(−λt), at a level of 0.1 % (1.95/√n), with a fixed seed.
func TestPoissonPlansSuperpose(t *testing.T) {
	const rate, streams = 10_000, 8
	var due []float64
	for i := range streams {
		plan := pace.NewPlan(constant(rate, 2*time.Second), pace.Poisson, 42, i, streams)
		for d, ok := plan.Next(); ok; d, ok = plan.Next() {
			due = append(due, d.Seconds())
		}
	}
	sort.Float64s(due)
	n := float64(len(due))
	if sigma := math.Sqrt(2 * rate); math.Abs(n-2*rate) > 4*sigma {
		t.Fatalf("%v arrivals, want %d ± %.0f", n, 2*rate, 4*sigma)
	}
	gaps := make([]float64, len(due)-1)
	for i := range gaps {
		gaps[i] = due[i+1] - due[i]
	}
	sort.Float64s(gaps)
	worst := 0.0
	for i, g := range gaps {
		expected := 1 - math.Exp(-rate*g)
		worst = max(worst, math.Abs(float64(i)/n-expected), math.Abs(float64(i+1)/n-expected))
	}
	if worst > 1.95/math.Sqrt(n) {
		t.Fatalf("gaps are %v away from exponential", worst)
	}
}

func TestCountPlanned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pace.Profile{{Duration: time.Second, From: rapid.Float64Range(1, 5e3).Draw(t, "from"), To: rapid.Float64Range(1, 5e3).Draw(t, "to")}}
		a := rapid.SampledFrom([]pace.Arrivals{pace.Constant, pace.Poisson}).Draw(t, "arrivals")
		cut := time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "cut"))
		count := func(from, to time.Duration) uint64 {
			return pace.NewPlan(p, a, 3, 1, 4).CountPlanned(to, func(due time.Duration) bool { return due >= from })
		}
		if count(0, cut)+count(cut, time.Second) != count(0, time.Second) {
			t.Fatal("the parts do not add up to the whole")
		}
	})
}
