package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Kendall's table of P(|S| ≥ s). For n = 10, S = 21 is 3.6 % one-sided (Hollander, Wolfe and
// Chicken, table A.30).
func TestMannKendallMatchesTable(t *testing.T) {
	for _, c := range []struct {
		xs []float64
		s  int
		p  float64
	}{
		{nil, 0, 1},
		{[]float64{1}, 0, 1},
		{[]float64{1, 2, 3, 4}, 6, 2.0 / 24},
		{[]float64{4, 3, 2, 1}, -6, 2.0 / 24},
		{[]float64{1, 2, 4, 3}, 4, 8.0 / 24},
		{[]float64{1, 2, 3, 4, 5}, 10, 2.0 / 120},
	} {
		s, p := MannKendall(c.xs)
		if s != c.s || math.Abs(p-c.p) > 1e-12 {
			t.Errorf("MannKendall(%v) = %d, %v, want %d, %v", c.xs, s, p, c.s, c.p)
		}
	}
	near(t, "P(S ≥ 21), n = 10", inversionsAtMost(10, (45-21)/2), 0.036, 5e-4)
	near(t, "P(S ≥ 16), n = 8", inversionsAtMost(8, (28-16)/2), 0.031, 5e-4)
}

// Compares with all permutations of seven values.
func TestMannKendallMatchesEnumeration(t *testing.T) {
	counts, all := map[int]int{}, 0
	permute([]float64{1, 2, 3, 4, 5, 6, 7}, 0, func(xs []float64) {
		s, _ := MannKendall(xs)
		counts[s]++
		all++
	})
	for size := 1; size <= 21; size += 2 {
		far := 0
		for s, count := range counts {
			if s >= size || s <= -size {
				far += count
			}
		}
		near(t, "p", 2*inversionsAtMost(7, (21-size)/2), float64(far)/float64(all), 1e-12)
	}
}

func permute(xs []float64, from int, visit func([]float64)) {
	if from == len(xs) {
		visit(xs)
		return
	}
	for i := from; i < len(xs); i++ {
		xs[from], xs[i] = xs[i], xs[from]
		permute(xs, from+1, visit)
		xs[from], xs[i] = xs[i], xs[from]
	}
}

func TestMannKendallApproximation(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		xs := make([]float64, exactKendall)
		for i := range xs {
			xs[i] = rng.NormFloat64() + 0.02*float64(i)
		}
		s, p := MannKendall(xs)
		sd := math.Sqrt(kendallVariance(xs))
		near(t, "p", 2*normalTail((math.Abs(float64(s))-1)/sd), p, 0.003)
	}
	if s, p := MannKendall([]float64{2, 2, 2}); s != 0 || p != 1 {
		t.Errorf("equal values: %d, %v, want 0, 1", s, p)
	}
	// With ties, n = 5: variance (5·4·15 − 2·1·9)/18 = 15.667, z = (9−1)/3.958.
	if s, p := MannKendall([]float64{1, 2, 2, 3, 4}); s != 9 || math.Abs(p-2*normalTail(8/math.Sqrt(282.0/18))) > 1e-12 {
		t.Errorf("with ties: S = %d, p = %v", s, p)
	}
}

func TestTheilSen(t *testing.T) {
	xs := make([]float64, 21)
	for i := range xs {
		xs[i] = 5 + 0.25*float64(i)
	}
	xs[3], xs[10], xs[20] = 900, -900, 4000
	near(t, "slope", TheilSen(xs), 0.25, 1e-12)
	if got := TheilSen([]float64{1}); !math.IsNaN(got) {
		t.Errorf("TheilSen of one value = %v, want NaN", got)
	}
}
