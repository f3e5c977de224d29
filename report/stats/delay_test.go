package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"rtbench/report/stats"
)

// empirical returns the quantile function of a sample.
func empirical(v []float64) func(q float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return func(q float64) float64 {
		return v[min(len(v)-1, max(0, int(math.Ceil(q*float64(len(v))))-1))]
	}
}

// The bound holds whether delays fall on the slow messages, on the fast ones, or anywhere.
func TestDelayedQuantileHoldsForAnyDependence(t *testing.T) {
	const n = 20_000
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 5))
		pure, delay := make([]float64, n), make([]float64, n)
		for i := range pure {
			pure[i] = 50 + 20*rng.ExpFloat64()
			delay[i] = 5 + 5*rng.ExpFloat64()
			if rng.IntN(100) == 0 {
				delay[i] += 200
			}
		}
		slices.Sort(pure)
		switch seed % 3 {
		case 0:
			slices.Sort(delay) // the slowest messages are delayed most
		case 1:
			slices.Sort(delay)
			slices.Reverse(delay)
		}
		measured := make([]float64, n)
		var sampled []float64
		for i := range measured {
			if measured[i] = pure[i] + delay[i]; i%16 == int(seed) {
				sampled = append(sampled, delay[i])
			}
		}
		for _, q := range []float64{0.5, 0.9, 0.99} {
			low := stats.DelayedQuantile(q, empirical(measured), stats.Delay{N: len(sampled), Quantile: empirical(sampled)})
			if truth := empirical(pure)(q); low > truth || q < 0.9 && low < truth/2 {
				t.Errorf("seed %d: quantile %g is at least %g, but is %g", seed, q, low, truth)
			}
		}
	}
}

func TestDelayedQuantileOfTwoDelays(t *testing.T) {
	fixed := func(v float64) func(float64) float64 { return func(float64) float64 { return v } }
	d := stats.Delay{N: 1000, Quantile: fixed(10)}
	if got := stats.DelayedQuantile(0.5, fixed(100), d, d); got != 80 {
		t.Errorf("at least %g, want 80", got)
	}
	if got := stats.DelayedQuantile(0.5, fixed(15), d, d); got != 0 {
		t.Errorf("at least %g, want 0", got)
	}
	if got := stats.DelayedQuantile(0.5, fixed(100), d, stats.Delay{}); got != 0 {
		t.Errorf("at least %g from no samples, want 0", got)
	}
	if got := stats.DelayedQuantile(0.5, fixed(100)); got != 100 {
		t.Errorf("at least %g without delays, want 100", got)
	}
}
