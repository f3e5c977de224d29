package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Miller's table (1956), 5 % and 1 %.
func TestKolmogorovCriticalMatchesTable(t *testing.T) {
	for _, c := range []struct {
		n     int
		level float64
		want  float64
	}{
		{5, 0.05, 0.563},
		{10, 0.05, 0.409},
		{20, 0.05, 0.294},
		{50, 0.05, 0.188},
		{100, 0.05, 0.134},
		{10, 0.01, 0.489},
		{20, 0.01, 0.352},
		{100, 0.01, 0.161},
	} {
		got := KolmogorovCritical(c.n, c.level)
		near(t, "critical distance", got, c.want, 0.005*c.want+0.0005)
		near(t, "its p-value", kolmogorovTail(got*stephens(c.n)), c.level, 1e-9)
	}
	for x, want := range map[float64]float64{1.2238: 0.10, 1.3581: 0.05, 1.6276: 0.01, 0.8276: 0.5} {
		near(t, "limiting distribution", kolmogorovTail(x), want, 1e-4)
	}
	near(t, "continuity of the two series", kolmogorovTail(1.18-1e-12), kolmogorovTail(1.18), 1e-9)
	if p := kolmogorovTail(0); p != 1 {
		t.Errorf("kolmogorovTail(0) = %v, want 1", p)
	}
}

// Values drawn from the distribution exceed the critical distance at the nominal rate.
func TestKolmogorovCriticalKeepsLevel(t *testing.T) {
	const trials = 20000
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{3, 8, 50} {
		exceeded := 0
		for range trials {
			us := make([]float64, n)
			for i := range us {
				us[i] = rng.Float64()
			}
			s, d := slices.Sorted(slices.Values(us)), 0.0
			for i, u := range s {
				d = max(d, u-float64(i)/float64(n), float64(i+1)/float64(n)-u)
			}
			if d >= KolmogorovCritical(n, 0.05) {
				exceeded++
			}
		}
		sigma := math.Sqrt(0.05 * 0.95 / trials)
		near(t, "rate at 5 %", float64(exceeded)/trials, 0.05, 4*sigma+0.002)
	}
}
