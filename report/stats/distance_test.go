package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Miller's table of critical distances (1956), 5 % and 1 %.
func TestKolmogorovCriticalHasTheValuesOfTheTable(t *testing.T) {
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
		near(t, "critical", got, c.want, 0.005*c.want+0.0005)
		near(t, "p of it", KolmogorovP(c.n, got), c.level, 1e-9)
	}
	for x, want := range map[float64]float64{1.2238: 0.10, 1.3581: 0.05, 1.6276: 0.01, 0.8276: 0.5} {
		near(t, "limit", kolmogorovTail(x), want, 1e-4)
	}
	near(t, "the two series", kolmogorovTail(1.18-1e-12), kolmogorovTail(1.18), 1e-9)
	if p := KolmogorovP(10, 0); p != 1 {
		t.Errorf("no distance: p = %v", p)
	}
}

// Anderson and Darling's own series for the limit (1954), integrated in small
// steps.
func andersonSeries(z float64) float64 {
	sum, factor := 0.0, 1.0 // factor is (−1)^j·Γ(j+½)/(Γ(½)·j!)
	for j := range 12 {
		c := float64(4*j+1) * float64(4*j+1) * math.Pi * math.Pi / (8 * z)
		integral, h := 0.0, 1e-3
		for w := h / 2; c*w*w < 40; w += h {
			integral += h * math.Exp(z/(8*(w*w+1))-c*w*w-c)
		}
		sum += factor * float64(4*j+1) * integral
		factor *= -(float64(j) + 0.5) / float64(j+1)
	}
	return 1 - math.Sqrt(2*math.Pi)/z*sum
}

// The percentage points of A² for a known distribution (Lewis 1961; Stephens 1974
// has them from simulation), and all between.
func TestAndersonTailHasTheValuesOfTheTable(t *testing.T) {
	for z, p := range map[float64]float64{1.2479: 0.25, 1.6212: 0.15, 1.9330: 0.10, 2.4924: 0.05, 3.0775: 0.025, 3.8781: 0.01} {
		near(t, "P(A² ≥ z)", andersonTail(z), p, 2e-5)
	}
	for z := 0.1; z < 8; z += 0.1 {
		near(t, "P(A² ≥ z)", andersonTail(z), andersonSeries(z), 2e-5)
	}
}

// For one value, p is exactly twice its distance from the nearer end. The
// correction is good in the tail even there.
func TestAndersonDarlingOfOneValue(t *testing.T) {
	for _, u := range []float64{0.001, 0.02, 0.1, 0.9, 0.99} {
		a2, p := AndersonDarling([]float64{u})
		near(t, "A²", a2, -1-math.Log(u*(1-u)), 1e-12)
		near(t, "p", p, 2*min(u, 1-u), 2e-3)
	}
}

func TestAndersonDarlingByHand(t *testing.T) {
	// −2 − ½·[ln(0.2·0.4) + 3·ln(0.6·0.8)]
	a2, _ := AndersonDarling([]float64{0.6, 0.2})
	near(t, "A²", a2, -2-(math.Log(0.08)+3*math.Log(0.48))/2, 1e-12)
	for _, c := range []struct {
		us    []float64
		a2, p float64
	}{{nil, math.NaN(), math.NaN()}, {[]float64{0.5, 1.5}, math.NaN(), math.NaN()}, {[]float64{0.5, math.NaN()}, math.NaN(), math.NaN()}, {[]float64{0.5, 1}, math.Inf(1), 0}} {
		if a2, p := AndersonDarling(c.us); !same(a2, c.a2) || !same(p, c.p) {
			t.Errorf("%v: %v, %v", c.us, a2, p)
		}
	}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// Where the values are from the distribution, p is below 5 % five times in a
// hundred, for both tests.
func TestDistancesHaveTheirLevel(t *testing.T) {
	const trials = 20000
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{3, 8, 50} {
		var anderson, kolmogorov, low int
		for range trials {
			us := make([]float64, n)
			for i := range us {
				us[i] = rng.Float64()
			}
			_, p := AndersonDarling(us)
			if p <= 0.05 {
				anderson++
			}
			if p <= 0.5 {
				low++
			}
			s, d := sorted(us), 0.0
			for i, u := range s {
				d = max(d, u-float64(i)/float64(n), float64(i+1)/float64(n)-u)
			}
			if d >= KolmogorovCritical(n, 0.05) {
				kolmogorov++
			}
		}
		sigma := math.Sqrt(0.05 * 0.95 / trials)
		near(t, "Anderson-Darling at 5 %", float64(anderson)/trials, 0.05, 4*sigma)
		near(t, "Anderson-Darling at 50 %", float64(low)/trials, 0.5, 4*math.Sqrt(0.25/trials))
		near(t, "Kolmogorov at 5 %", float64(kolmogorov)/trials, 0.05, 4*sigma+0.002)
	}
}
