package stats

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Tables of the U test: m, n, the two-sided critical U at 5 % and its exact one-sided probability.
func TestRankSumMatchesTable(t *testing.T) {
	for _, c := range []struct {
		m, n, u int
		p       float64
	}{{3, 3, 0, 0.05}, {4, 4, 0, 1.0 / 70}, {5, 5, 2, 4.0 / 252}, {10, 10, 23, 0.0216}} {
		p := subsetSums(wholeRanks(c.m+c.n), c.m)
		less, _ := tails(p, c.u+c.m*(c.m+1)/2)
		near(t, "P(U ≤ u)", less, c.p, 5e-5)
	}
}

// Hollander and Wolfe, example 4.1; p-value and estimate as in R's manual.
func TestRankSumMatchesTextbook(t *testing.T) {
	x := []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46}
	y := []float64{1.15, 0.88, 0.90, 0.74, 1.21}
	near(t, "one-sided", RankSumGreater(y, x, 0), 0.1272, 5e-5)
	less, greater := rankSum(x, y)
	near(t, "two-sided", 2*min(less, greater), 0.2544, 5e-5)
	near(t, "shift", ShiftInterval(y, x, 0.9).Median, 0.305, 1e-9)
}

// Compares with all assignments of ranks to b, including ties.
func TestRankSumMatchesEnumeration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawSmall(t, "a")
		b := drawSmall(t, "b")
		shift := float64(rapid.IntRange(-2, 2).Draw(t, "shift"))
		moved := append([]float64(nil), a...)
		for _, x := range b {
			moved = append(moved, x-shift)
		}
		ranks, observed := doubledRanks(moved), 0
		for _, r := range ranks[len(a):] {
			observed += r
		}
		less, greater, all := 0.0, 0.0, 0.0
		for places := range uint(1) << len(ranks) {
			if bits.OnesCount(places) != len(b) {
				continue
			}
			sum := 0
			for i, r := range ranks {
				sum += r * int(places>>i&1)
			}
			all++
			if sum <= observed {
				less++
			}
			if sum >= observed {
				greater++
			}
		}
		if got := RankSumGreater(a, b, shift); math.Abs(got-greater/all) > 1e-12 {
			t.Fatalf("RankSumGreater = %v, want %v/%v", got, greater, all)
		}
		if l, g := rankSum(a, moved[len(a):]); math.Abs(l-less/all) > 1e-12 || math.Abs(g-greater/all) > 1e-12 {
			t.Fatalf("rankSum = %v, %v, want %v/%v, %v/%v", l, g, less, all, greater, all)
		}
	})
}

func drawSmall(t *rapid.T, name string) []float64 {
	var xs []float64
	for _, k := range rapid.SliceOfN(rapid.IntRange(0, 5), 1, 6).Draw(t, name) {
		xs = append(xs, float64(k))
	}
	return xs
}

func TestRankSumApproximation(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	a, b := make([]float64, 60), make([]float64, 60)
	for i := range a {
		a[i], b[i] = rng.NormFloat64(), rng.NormFloat64()+0.4
	}
	exact := RankSumGreater(a, b, 0)
	approximate := RankSumGreater(append([]float64{-9, 9}, a...), b, 0) // one extreme value on each side
	near(t, "p", approximate, exact, 0.15*exact)
	k, covered := cutShift(60, 60, 0.95)
	kn, coveredN := cutNormal(1800, math.Sqrt(60*60*121/12.0), 0.95)
	near(t, "rank", float64(kn), float64(k), 2)
	near(t, "coverage", coveredN, covered, 1e-3)
	same := make([]float64, 100)
	if less, greater := rankSum(same, same); less != 1 || greater != 1 {
		t.Errorf("equal values: rankSum = %v, %v, want 1, 1", less, greater)
	}
}

func TestShiftIntervalInvertsTest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		a := make([]float64, rapid.IntRange(1, 12).Draw(t, "m"))
		b := make([]float64, rapid.IntRange(1, 12).Draw(t, "n"))
		for i := range a {
			a[i] = rng.NormFloat64()
		}
		for i := range b {
			b[i] = rng.NormFloat64() + 1
		}
		in := ShiftInterval(a, b, 0.9)
		above := in.Warning == nil && in.Low > 0
		if p := RankSumGreater(a, b, 0); above != (p <= 0.05) {
			t.Fatalf("p = %v, but the interval is %+v", p, in)
		}
		back := ShiftInterval(b, a, 0.9)
		if in.Low != -back.High || in.High != -back.Low || math.Abs(in.Median+back.Median) > 1e-12 {
			t.Fatalf("ShiftInterval(a, b) = %+v, (b, a) = %+v", in, back)
		}
	})
}

func TestShiftIntervalOfFewValues(t *testing.T) {
	if in := ShiftInterval([]float64{1, 2, 3}, []float64{4, 5, 6}, 0.95); in.Warning == nil || math.Abs(in.Confidence-0.9) > 1e-12 || in.Low != 1 || in.High != 5 {
		t.Errorf("3 and 3 values: %+v", in)
	}
	if in := ShiftInterval(nil, []float64{1}, 0.95); in.Warning == nil || !math.IsNaN(in.Low) {
		t.Errorf("no values: %+v", in)
	}
	for confidence, want := range map[float64]int{0: 1, 0.9: 3, 0.95: 4, 0.99: 5, 0.998: 7} {
		if got := sidesFor(confidence); got != want {
			t.Errorf("sidesFor(%v) = %d, want %d", confidence, got, want)
		}
	}
}
