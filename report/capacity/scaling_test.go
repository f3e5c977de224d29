package capacity

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestFitScaling(t *testing.T) {
	t.Parallel()
	want := Scaling{One: 1000, Contention: 0.05, Coherency: 0.001}
	r := rand.New(rand.NewPCG(1, 2))
	var n, x []float64
	for v := 1.0; v <= 128; v *= 2 {
		n, x = append(n, v), append(x, want.at(v)*(1+0.01*r.NormFloat64()))
	}
	got, ok := fitScaling(n, x)
	if !ok || math.Abs(got.One/1000-1) > 0.05 || math.Abs(got.Contention-0.05) > 0.01 || math.Abs(got.Peak()-want.Peak()) > 3 || got.Error > 0.05 {
		t.Errorf("%+v, %v; peak %g, want %g", got, ok, got.Peak(), want.Peak())
	}
	for i := range n { // saturates without a peak
		x[i] = 1000 * n[i] / (1 + 0.1*(n[i]-1))
	}
	if got, ok := fitScaling(n, x); !ok || got.Error > 0.001 || got.Peak() < 1e3 {
		t.Errorf("%+v, %v; peak %g", got, ok, got.Peak())
	}
	for i := range n { // superlinear
		x[i] = n[i] * n[i]
	}
	if got, ok := fitScaling(n, x); ok && got.Error <= mostError {
		t.Errorf("superlinear throughput fits: %+v", got)
	}
}
