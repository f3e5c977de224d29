package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		xs   []float64
		want float64
	}{
		{[]float64{7}, 7},
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := Median(c.xs); got != c.want {
			t.Errorf("Median(%v) = %v, want %v", c.xs, got, c.want)
		}
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("Median(nil) = %v, want NaN", got)
	}
	xs := []float64{3, 1, 2}
	Median(xs)
	if fmt.Sprint(xs) != "[3 1 2]" {
		t.Errorf("Median modified its argument: %v", xs)
	}
}

// Ranks and coverages from sums of Binomial(n, ½), as in the tables of the sign test (Hollander,
// Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed., section 3.6).
func TestMedianIntervalCoverage(t *testing.T) {
	for _, c := range []struct {
		n, k       int // the interval is [x(k), x(n+1-k)]
		confidence float64
		warns      bool
	}{
		{1, 1, 0, true},
		{2, 1, 0.5, true},
		{3, 1, 0.75, true},
		{5, 1, 0.9375, true},
		{6, 1, 0.96875, false},
		{8, 1, 1 - 2.0/256, false},
		{9, 2, 1 - 2*10.0/512, false},
		{10, 2, 1 - 2*11.0/1024, false},
		{20, 6, 1 - 2*21700.0/1048576, false},
	} {
		in := MedianInterval(ramp(c.n), 0.95)
		if in.Low != float64(c.k) || in.High != float64(c.n+1-c.k) || in.N != c.n {
			t.Errorf("n = %d: [%v, %v] with N = %d, want [%d, %d]", c.n, in.Low, in.High, in.N, c.k, c.n+1-c.k)
		}
		if math.Abs(in.Confidence-c.confidence) > 1e-14 {
			t.Errorf("n = %d: confidence %v, want %v", c.n, in.Confidence, c.confidence)
		}
		if (in.Warning != nil) != c.warns {
			t.Errorf("n = %d: warning %v, want one: %v", c.n, in.Warning, c.warns)
		}
	}
}

// ramp returns n … 1.
func ramp(n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = float64(n - i)
	}
	return xs
}

func TestMedianIntervalOfManyValues(t *testing.T) {
	for _, n := range []int{1000, 1074, 1075, 1200, 3000} {
		in := MedianInterval(ramp(n), 0.95)
		want := 1.96 * math.Sqrt(float64(n)) // the normal approximation
		if width := in.High - in.Low; math.Abs(width-want) > 3 {
			t.Errorf("n = %d: width %v ranks, want about %.0f", n, width, want)
		}
		if in.Confidence < 0.95 || in.Confidence > 0.96 {
			t.Errorf("n = %d: confidence %v, want 0.95 to 0.96", n, in.Confidence)
		}
	}
}

func TestMedianIntervalOfNoValues(t *testing.T) {
	in := MedianInterval(nil, 0.95)
	if !math.IsNaN(in.Low) || !math.IsNaN(in.Median) || !math.IsNaN(in.High) || in.Confidence != 0 || in.Warning == nil {
		t.Errorf("MedianInterval(nil) = %+v, want NaN, confidence 0 and a warning", in)
	}
}

func TestValuesFor(t *testing.T) {
	for confidence, want := range map[float64]int{0: 1, 0.5: 2, 0.9: 5, 0.9375: 5, 0.95: 6, 0.99: 8, 0.999: 11} {
		if got := ValuesFor(confidence); got != want {
			t.Errorf("ValuesFor(%v) = %d, want %d", confidence, got, want)
		}
	}
}

// The stated coverage holds for any shape, here for an exponential distribution.
func TestMedianIntervalConfidenceIsActualCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const trials = 20000
	for _, n := range []int{6, 9, 15} {
		covered, stated := 0, 0.0
		for range trials {
			xs := make([]float64, n)
			for i := range xs {
				xs[i] = rng.ExpFloat64()
			}
			in := MedianInterval(xs, 0.95)
			if stated = in.Confidence; in.Low <= math.Ln2 && math.Ln2 <= in.High {
				covered++
			}
		}
		got, sigma := float64(covered)/trials, math.Sqrt(stated*(1-stated)/trials)
		if math.Abs(got-stated) > 4*sigma {
			t.Errorf("n = %d: actual coverage %.4f, stated %.4f", n, got, stated)
		}
	}
}

func TestMedianIntervalContainsMedian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 60).Draw(t, "xs")
		confidence := rapid.Float64Range(0, 0.999).Draw(t, "confidence")
		in := MedianInterval(xs, confidence)
		if in.Low > in.Median || in.Median > in.High {
			t.Fatalf("%+v does not contain its median", in)
		}
		if in.Warning == nil && in.Confidence < confidence {
			t.Fatalf("%+v: confidence below %v without a warning", in, confidence)
		}
	})
}

func TestRatioInterval(t *testing.T) {
	a := []float64{2, 4, 6, 8, 10, 12, 7, math.NaN(), 3}
	b := []float64{1, 2, 2, 4, 5, 4, 0, 1, -1} // the last three ratios are not positive and finite
	in := RatioInterval(a, b, 0.95)
	if in.N != 6 || in.Confidence != 0.96875 {
		t.Errorf("N = %d, confidence %v; want 6, 0.96875", in.N, in.Confidence)
	}
	for name, pair := range map[string][2]float64{"low": {in.Low, 2}, "median": {in.Median, 2}, "high": {in.High, 3}} {
		if math.Abs(pair[0]-pair[1]) > 1e-12 {
			t.Errorf("%s = %v, want %v", name, pair[0], pair[1])
		}
	}
}

// Swapping a and b inverts the interval.
func TestRatioIntervalIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		values := rapid.SliceOfN(rapid.Float64Range(1e-3, 1e6), n, n)
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		x, y := RatioInterval(a, b, 0.95), RatioInterval(b, a, 0.95)
		for _, pair := range [][2]float64{{x.Low, y.High}, {x.Median, y.Median}, {x.High, y.Low}} {
			if math.Abs(pair[0]*pair[1]-1) > 1e-9 {
				t.Fatalf("a/b %+v, b/a %+v", x, y)
			}
		}
	})
}
