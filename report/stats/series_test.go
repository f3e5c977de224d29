package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// autoregressive returns an AR(1) series with unit normal innovations.
func autoregressive(rng *rand.Rand, n int, rho float64) []float64 {
	xs := make([]float64, n)
	x := rng.NormFloat64() / math.Sqrt(1-rho*rho)
	for i := range xs {
		xs[i] = x
		x = rho*x + rng.NormFloat64()
	}
	return xs
}

func TestLag1(t *testing.T) {
	near(t, "Lag1 of a line", Lag1([]float64{1, 2, 3, 4, 5}), 0.4, 1e-12)
	near(t, "Lag1 of an alternating series", Lag1([]float64{1, -1, 1, -1}), -0.75, 1e-12)
	rng := rand.New(rand.NewPCG(11, 12))
	for _, rho := range []float64{-0.6, 0, 0.5, 0.9} {
		near(t, "Lag1 of an AR(1) series", Lag1(autoregressive(rng, 50000, rho)), rho, 0.02)
	}
	for _, xs := range [][]float64{nil, {1, 2}, {3, 3, 3}} {
		if got := Lag1(xs); got != 0 {
			t.Errorf("Lag1(%v) = %v, want 0", xs, got)
		}
	}
}
