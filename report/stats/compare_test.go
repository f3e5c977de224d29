package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// run returns the values of n repetitions in one run. The state of the machine varies between runs
// with standard deviation between.
func (m machine) run(rng *rand.Rand, n int, between float64) []float64 {
	state := between * rng.NormFloat64()
	values := drifting(rng, n)
	for i, drift := range values {
		values[i] = math.Exp(state + drift + m.effect + m.luck(rng))
	}
	return values
}

// If the state of the machine varies between runs, repetitions do not help; only a wide floor
// prevents false regressions.
func TestCompareNeedsWideFloorIfMachineStateVaries(t *testing.T) {
	for _, c := range []struct {
		between, floor, effect float64
		holds                  func(regression, pass int) bool
	}{
		{0, 0.05, 0, func(r, _ int) bool { return binomialAtMost(trials, r, 0.02) < 0.01 }},
		{0.05, 0.05, 0, func(r, _ int) bool { return r > trials/10 }}, // hence the wider floor
		{0.05, 0.10, 0, func(r, _ int) bool { return r > trials/50 }},
		{0.05, 0.20, 0, func(r, _ int) bool { return binomialAtMost(trials, r, 0.01) < 0.01 }},
		{0.05, 0.20, 0.10, func(_, p int) bool { return p > trials/2 }}, // its price
		{0.05, 0.20, 0.50, func(r, _ int) bool { return 1-binomialAtMost(trials, r, 0.95) < 0.01 }},
	} {
		rng := rand.New(rand.NewPCG(41, 42))
		counts := map[Outcome]int{}
		for range trials {
			base := machine{}.run(rng, 10, c.between)
			head := machine{effect: math.Log1p(c.effect)}.run(rng, 10, c.between)
			counts[Compare(base, head, true, c.floor, 0.05).Outcome]++
		}
		name := fmt.Sprintf("state ±%.2f, floor %.2f, effect %.2f", c.between, c.floor, c.effect)
		t.Logf("%s: regression %.2f %%, pass %.2f %%", name, 100*float64(counts[Regression])/trials, 100*float64(counts[Pass])/trials)
		if !c.holds(counts[Regression], counts[Pass]) {
			t.Errorf("%s: outcomes %v", name, counts)
		}
	}
}

func TestCompare(t *testing.T) {
	base := []float64{100, 104, 98, 101, 97, 103, 99, 102, 96, 105}
	times := func(factor float64) []float64 {
		xs := make([]float64, len(base))
		for i, x := range base {
			xs[i] = x * factor
		}
		return xs
	}
	for _, c := range []struct {
		name        string
		head        []float64
		worseIsMore bool
		want        Outcome
	}{
		{"equal", base, true, Pass},
		{"slower", times(1.5), true, Regression},
		{"faster", times(0.5), true, Pass},
		{"lower throughput", times(0.5), false, Regression},
		{"higher throughput", times(1.5), false, Pass},
		{"at the floor", times(1.1), true, Inconclusive},
		{"no values", nil, true, Inconclusive},
		{"two values", []float64{150, 151}, true, Regression}, // p = 1/66
		{"one value", []float64{150}, true, Inconclusive},
	} {
		if e := Compare(base, c.head, c.worseIsMore, 0.1, 0.05); e.Outcome != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, e, c.want)
		}
	}
	e := Compare(base, times(0.5), false, 0.1, 0.05)
	near(t, "ratio", e.Ratio, 2, 1e-9)
	if e.N != 10 || e.Confidence < 0.9 || e.Low > 2 || e.High < 2 || len(e.Warnings) != 0 {
		t.Errorf("ratio interval = %+v", e)
	}
}

func TestCompareWarns(t *testing.T) {
	rising := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	flat := []float64{5, 7, 4, 6, 5.5, 6.5, 4.5, 5.2, 6.2, 4.8}
	for _, c := range []struct {
		base, head []float64
		want       string
	}{
		{nil, flat, "no values"},
		{flat, []float64{5, 0, -1, 6, 5.5}, "head: ignored 2 of 5 values"},
		{flat[:2], flat[:2], "expected 3 or more of each"},
		{rising, flat, "base's values drift up"},
		{flat, rising, "head's values drift up"},
	} {
		for _, worseIsMore := range []bool{true, false} {
			if got := fmt.Sprint(Compare(c.base, c.head, worseIsMore, 0.1, 0.05).Warnings); !strings.Contains(got, c.want) {
				t.Errorf("Compare(%v, %v) warnings = %s, want %q", c.base, c.head, got, c.want)
			}
		}
	}
}
