package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// walkBack is a series in which each value keeps rho of the one before.
func walkBack(rng *rand.Rand, n int, rho float64) []float64 {
	xs := make([]float64, n)
	x := rng.NormFloat64() / math.Sqrt(1-rho*rho)
	for i := range xs {
		xs[i] = x
		x = rho*x + rng.NormFloat64()
	}
	return xs
}

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

func TestLag1(t *testing.T) {
	near(t, "of a line", Lag1([]float64{1, 2, 3, 4, 5}), 0.4, 1e-12)
	near(t, "alternating", Lag1([]float64{1, -1, 1, -1}), -0.75, 1e-12)
	rng := rand.New(rand.NewPCG(11, 12))
	for _, rho := range []float64{-0.6, 0, 0.5, 0.9} {
		near(t, "of a long series", Lag1(walkBack(rng, 50000, rho)), rho, 0.02)
	}
	for _, xs := range [][]float64{nil, {1, 2}, {3, 3, 3}} {
		if got := Lag1(xs); got != 0 {
			t.Errorf("Lag1(%v) = %v", xs, got)
		}
	}
}

// Blocks see the dependence that single values do not.
func TestBlockBootstrapCoversADependentMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	covered := map[int]int{}
	const trials = 300
	for range trials {
		xs := walkBack(rng, 200, 0.6)
		for _, block := range []int{1, 15} {
			if in := BlockBootstrap(xs, block, 199, mean, 0.9, rng); in.Low <= 0 && 0 <= in.High {
				covered[block]++
			}
		}
	}
	t.Logf("a 90 %% interval covers: single values %.3f, blocks of 15 %.3f", float64(covered[1])/trials, float64(covered[15])/trials)
	if covered[15] < 0.8*trials || covered[1] > 0.7*trials {
		t.Errorf("covered %v of %d", covered, trials)
	}
}

func TestBlockBootstrap(t *testing.T) {
	xs := walkBack(rand.New(rand.NewPCG(15, 16)), 60, 0.3)
	run := func(seed uint64, resamples int, confidence float64) Interval {
		return BlockBootstrap(xs, 5, resamples, Median, confidence, rand.New(rand.NewPCG(seed, 0)))
	}
	a, b := run(1, 999, 0.95), run(1, 999, 0.95)
	if a != b || a.Warning != nil || a.Median != Median(xs) || a.Low > a.High || a.Confidence != 0.95 || a.N != 60 {
		t.Errorf("%+v and again %+v", a, b)
	}
	if in := run(1, 19, 0.95); in.Warning == nil || in.Confidence != 0.9 {
		t.Errorf("19 resamples: %+v", in)
	}
	if in := run(1, 39, 0.95); in.Warning != nil {
		t.Errorf("39 resamples: %+v", in)
	}
	if in := run(1, 0, 0.95); in.Warning == nil || !math.IsNaN(in.Low) {
		t.Errorf("no resamples: %+v", in)
	}
	rng := rand.New(rand.NewPCG(1, 0))
	if in := BlockBootstrap(nil, 5, 99, mean, 0.9, rng); in.Warning == nil {
		t.Errorf("no values: %+v", in)
	}
	if in := BlockBootstrap(xs, 100, 99, mean, 0.9, rng); in.Warning == nil || math.Abs(in.High-in.Low) > 1e-12 {
		t.Errorf("one block: %+v", in)
	}
}
