package stats

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// bigAtMost returns P(Binomial(n, p) ≤ k), computed with 200 bits.
func bigAtMost(n, k int, p float64) float64 {
	precise := func(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }
	q := new(big.Float).Sub(precise(1), precise(p))
	term := precise(1)
	for bit, square := n, new(big.Float).Set(q); bit > 0; bit >>= 1 {
		if bit&1 == 1 {
			term.Mul(term, square)
		}
		square.Mul(square, square)
	}
	odds := new(big.Float).Quo(precise(p), q)
	sum := new(big.Float).Set(term)
	for i := 1; i <= k; i++ {
		term.Mul(term, odds)
		term.Mul(term, precise(float64(n-i+1)))
		term.Quo(term, precise(float64(i)))
		sum.Add(sum, term)
	}
	f, _ := sum.Float64()
	return f
}

func TestBinomialAtMostIsAccurate(t *testing.T) {
	for _, c := range []struct {
		n, k int
		p    float64
	}{
		{1, 0, 0.3},
		{10, 3, 0.5},
		{10, 9, 0.01},
		{20, 0, 0.001},
		{368, 2, 0.01},
		{1000, 480, 0.5},
		{5000, 4990, 0.999},
		{100_000, 940, 0.01},
		{1_000_000, 1061, 0.001},
		{10_000_000, 10_200, 0.001},
		{10_000_000, 9_800, 0.001},
		{10_000_000, 1050, 0.0001},
		{10_000_000, 3, 1e-7},
	} {
		want := bigAtMost(c.n, c.k, c.p)
		if got := binomialAtMost(c.n, c.k, c.p); math.Abs(got-want) > 1e-12*want {
			t.Errorf("P(Binomial(%d, %v) ≤ %d) = %.17g, want %.17g", c.n, c.p, c.k, got, want)
		}
	}
}

// The minimum number of values for a finite 95 % interval.
func TestQuantileRanksMinimumValues(t *testing.T) {
	for q, n := range map[float64]int{0.99: 368, 0.999: 3688, 0.9999: 36887} {
		if low, high, covered := QuantileRanks(n, q, 0.95); low < 1 || high != n || covered < 0.95 {
			t.Errorf("q = %v, n = %d: [%d, %d] covers %v, want a finite interval", q, n, low, high, covered)
		}
		if low, high, covered := QuantileRanks(n-1, q, 0.95); low < 1 || high != n || covered < 0.95 {
			t.Errorf("q = %v, n = %d: [%d, %d] covers %v, want no upper bound", q, n-1, low, high, covered)
		}
	}
}

func TestQuantileRanksWithoutBounds(t *testing.T) {
	if low, high, covered := QuantileRanks(5, 0.5, 0.95); low != 0 || high != 6 || covered != 1 {
		t.Errorf("five values: [%d, %d] covers %v, want no bounds", low, high, covered)
	}
	if low, high, covered := QuantileRanks(0, 0.5, 0.95); low != 0 || high != 1 || covered != 1 {
		t.Errorf("no values: [%d, %d] covers %v, want no bounds", low, high, covered)
	}
}

func TestQuantileRanksForMillions(t *testing.T) {
	const n = 10_000_000
	for _, q := range []float64{0.5, 0.99, 0.9999} {
		low, high, covered := QuantileRanks(n, q, 0.95)
		half := 1.96 * math.Sqrt(n*q*(1-q))
		near(t, "low", float64(low), n*q-half, half*0.03+1)
		near(t, "high", float64(high), n*q+half, half*0.03+2)
		if covered < 0.95 || covered > 0.955 {
			t.Errorf("q = %v: covers %v, want 0.95 to 0.955", q, covered)
		}
	}
}

// The ranks are the innermost whose tails, summed term by term, are within bounds.
func TestQuantileRanksAreTightest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		q := rapid.Float64Range(0.01, 0.99).Draw(t, "q")
		confidence := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		low, high, covered := QuantileRanks(n, q, confidence)
		below := func(k int) float64 { // P(B < k)
			sum := 0.0
			for i := range k {
				sum += math.Exp(lnChoose(n, i) + float64(i)*math.Log(q) + float64(n-i)*math.Log1p(-q))
			}
			return sum
		}
		tail, slack := (1-confidence)/2, 1e-10
		if below(low) > tail+slack || below(low+1) < tail-slack ||
			1-below(high) > tail+slack || (high > 0 && 1-below(high-1) < tail-slack) {
			t.Fatalf("[%d, %d] is not the tightest interval", low, high)
		}
		if math.Abs(covered-(below(high)-below(low))) > 1e-10 || covered < confidence-slack {
			t.Fatalf("covered = %v, want %v", covered, below(high)-below(low))
		}
	})
}

func lnChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

func TestEffectiveSize(t *testing.T) {
	for _, c := range []struct {
		n         int
		rho, want float64
	}{{100, 0, 100}, {100, -0.5, 100}, {100, 0.5, 100.0 / 3}, {100, 1, 1}, {3, 0.9, 1}, {100, math.NaN(), 100}} {
		near(t, "EffectiveSize", EffectiveSize(c.n, c.rho), c.want, 1e-9)
	}
}

// 5 % and 1 % points of the chi-square table.
func TestChiSquareTail(t *testing.T) {
	for _, c := range []struct {
		x    float64
		df   int
		want float64
	}{
		{3.841459, 1, 0.05},
		{6.634897, 1, 0.01},
		{2, 2, math.Exp(-1)},
		{18.307038, 10, 0.05},
		{3.940299, 10, 0.95},
		{124.342113, 100, 0.05},
		{1074.679, 1000, 0.05},
		{0, 3, 1},
	} {
		near(t, "P(χ² ≥ x)", chiSquareTail(c.x, c.df), c.want, 1e-6)
	}
}

func TestDesignEffect(t *testing.T) {
	// 2×2 table: 100·(10·30 − 40·20)²/(50·50·30·70) = 4.7619.
	deff, p := DesignEffect([]int{10, 0, 20}, []int{50, 0, 50})
	near(t, "deff", deff, 4.761905, 1e-6)
	near(t, "p", p, 0.029096, 1e-6)
	if deff, p := DesignEffect([]int{5, 5, 5}, []int{50, 50, 50}); deff != 0 || p != 1 {
		t.Errorf("equal blocks: %v, %v, want 0, 1", deff, p)
	}
	for _, c := range [][2][]int{{nil, nil}, {{3}, {5}}, {{0, 0}, {5, 5}}, {{5, 5}, {5, 5}}} {
		if deff, p := DesignEffect(c[0], c[1]); deff != 1 || p != 1 {
			t.Errorf("DesignEffect(%v) = %v, %v, want 1, 1", c, deff, p)
		}
	}
}
