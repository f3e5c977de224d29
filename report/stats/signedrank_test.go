package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// near fails unless got is within tolerance of want.
func near(t *testing.T, name string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.8g, want %.8g", name, got, want)
	}
}

// withSum returns ±1 … ±n whose positive values sum to t.
func withSum(n, t int) []float64 {
	xs := make([]float64, n)
	for i := n; i >= 1; i-- {
		if xs[i-1] = -float64(i); i <= t {
			xs[i-1], t = float64(i), t-i
		}
	}
	return xs
}

// Critical sums at one-sided 5 and 2.5 % with their exact probabilities (Hollander, Wolfe and
// Chicken, table A.4).
func TestSignedRankMatchesTable(t *testing.T) {
	for _, c := range []struct {
		n, t int
		p    float64
	}{{5, 0, 1.0 / 32}, {8, 5, 0.0391}, {8, 3, 0.0195}, {10, 10, 0.0420}, {10, 8, 0.0244}, {20, 60, 0.0487}, {20, 52, 0.0242}} {
		less, _ := signedRank(withSum(c.n, c.t), 0)
		near(t, "less", less, c.p, 5e-5)
		near(t, "greater", SignedRankGreater(withSum(c.n, c.n*(c.n+1)/2-c.t), 0), c.p, 5e-5)
	}
}

// Darwin's maize, crossed minus self-fertilized: twice the one-sided p-value is 0.0413 (R's
// wilcox.test, exact). Hollander and Wolfe, example 3.1: p-value, estimate and 96.1 % interval as
// in R's manual.
func TestSignedRankMatchesTextbooks(t *testing.T) {
	darwin := []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}
	near(t, "Darwin", 2*SignedRankGreater(darwin, 0), 0.04126, 5e-6)
	before := []float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	for i := range before {
		before[i] -= after[i]
	}
	near(t, "depression", SignedRankGreater(before, 0), 0.01953, 5e-6)
	in := HodgesLehmannInterval(before, 0.95)
	near(t, "low", in.Low, 0.010, 1e-9)
	near(t, "estimate", in.Median, 0.46, 1e-9)
	near(t, "high", in.High, 0.786, 1e-9)
	near(t, "confidence", in.Confidence, 0.9609375, 1e-12)
}

// Compares with all 2^n choices of signs, including ties.
func TestSignedRankMatchesEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ks := rapid.SliceOfN(rapid.IntRange(-6, 6), 0, 9).Draw(t, "ks")
		var xs, nonzero []float64
		for _, k := range ks {
			xs = append(xs, float64(k)+2)
			if k != 0 {
				nonzero = append(nonzero, math.Abs(float64(k)))
			}
		}
		ranks, observed := doubledRanks(nonzero), 0
		i := 0
		for _, k := range ks {
			if k > 0 {
				observed += ranks[i]
			}
			if k != 0 {
				i++
			}
		}
		less, greater := 0, 0
		for signs := range 1 << len(ranks) {
			sum := 0
			for i, r := range ranks {
				sum += r * (signs >> i & 1)
			}
			if sum <= observed {
				less++
			}
			if sum >= observed {
				greater++
			}
		}
		all := float64(int(1) << len(ranks))
		if l, g := signedRank(xs, 2); math.Abs(g-float64(greater)/all) > 1e-12 || math.Abs(l-float64(less)/all) > 1e-12 {
			t.Fatalf("signedRank = %v, %v, want %d/%v, %d/%v", l, g, less, all, greater, all)
		}
	})
}

func TestSignedRankWithoutValues(t *testing.T) {
	for _, xs := range [][]float64{nil, {3}, {3, 3}} {
		if less, greater := signedRank(xs, 3); less != 1 || greater != 1 {
			t.Errorf("signedRank(%v, 3) = %v, %v, want 1, 1", xs, less, greater)
		}
	}
}

// The approximation is close to the exact value at the switch-over.
func TestSignedRankApproximation(t *testing.T) {
	for _, shift := range []float64{0.05, 0.1, 0.2} {
		rng := rand.New(rand.NewPCG(3, 4))
		xs := make([]float64, exactSigned)
		for i := range xs {
			xs[i] = rng.NormFloat64()
		}
		exact := SignedRankGreater(xs, shift)
		// One more value at the centre has the lowest rank and hardly matters.
		approximate := SignedRankGreater(append(xs, shift+1e-9), shift)
		near(t, "p", approximate, exact, 0.02*min(exact, 1-exact)+1e-3)
	}
	k, covered := symmetricCut(signedSums(wholeRanks(exactSigned)), 0.95)
	m := float64(exactSigned)
	kn, coveredN := cutNormal(m*(m+1)/4, math.Sqrt(m*(m+1)*(2*m+1)/24), 0.95)
	near(t, "rank", float64(kn), float64(k), 3)
	near(t, "coverage", coveredN, covered, 1e-4)
}

func TestHodgesLehmannIntervalInvertsTest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		n := rapid.IntRange(1, 30).Draw(t, "n")
		level := rapid.SampledFrom([]float64{0.05, 0.0167, 0.005}).Draw(t, "level")
		rng := rand.New(rand.NewPCG(seed, 1))
		xs := make([]float64, n)
		for i := range xs {
			xs[i] = rng.NormFloat64() + 0.5
		}
		in := HodgesLehmannInterval(xs, 1-2*level)
		above := in.Warning == nil && in.Low > 0
		if p := SignedRankGreater(xs, 0); above != (p <= level) {
			t.Fatalf("p = %v, but the interval is %+v", p, in)
		}
		below := in.Warning == nil && in.High < 0
		if p, _ := signedRank(xs, 0); below != (p <= level) {
			t.Fatalf("p = %v, but the interval is %+v", p, in)
		}
		if in.Low > in.Median || in.Median > in.High || in.Median != Median(walsh(xs)) {
			t.Fatalf("%+v does not contain the estimate %v", in, Median(walsh(xs)))
		}
	})
}

func TestHodgesLehmannIntervalSizes(t *testing.T) {
	if in := HodgesLehmannInterval([]float64{1, 2, 3, 4, 5}, 0.95); in.Warning == nil || in.Confidence != 0.9375 || in.Low != 1 || in.High != 5 {
		t.Errorf("five values: %+v", in)
	}
	if in := HodgesLehmannInterval([]float64{1, 2, 3, 4, 5, 6}, 0.95); in.Warning != nil || in.Confidence != 0.96875 {
		t.Errorf("six values: %+v", in)
	}
	if in := HodgesLehmannInterval(nil, 0.95); in.Warning == nil || !math.IsNaN(in.Median) {
		t.Errorf("no values: %+v", in)
	}
	if got := Median(walsh([]float64{1, 2, 3, 100})); got != 2.75 {
		t.Errorf("Hodges-Lehmann estimate = %v, want 2.75", got)
	}
	in := HodgesLehmannInterval(ramp(400), 0.95)
	near(t, "centre of 400", in.Median, 200.5, 1e-9)
	near(t, "half width of 400", in.High-in.Median, 1.96*400/math.Sqrt(12*400), 0.5)
}
