package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// steps returns a series with unit normal noise around each level for the given number of values.
func steps(rng *rand.Rand, each int, levels ...float64) []float64 {
	var xs []float64
	for _, level := range levels {
		for range each {
			xs = append(xs, level+rng.NormFloat64())
		}
	}
	return xs
}

func TestChangesFindsSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	xs := steps(rng, 30, 10, 15, 10, 30)
	got := Changes(xs, 5, 0.005, 199, rand.New(rand.NewPCG(1, 1)))
	if len(got) != 3 {
		t.Fatalf("changes = %+v, want 3", got)
	}
	for i, c := range got {
		near(t, "At", float64(c.At), float64(30*(i+1)), 2)
		near(t, "Before", c.Before, []float64{10, 15, 10}[i], 1)
		near(t, "After", c.After, []float64{15, 10, 30}[i], 1)
		if c.P > 0.005 {
			t.Errorf("P = %v, want at most 0.005", c.P)
		}
	}
	again := Changes(xs, 5, 0.005, 199, rand.New(rand.NewPCG(1, 1)))
	for i := range got {
		if got[i] != again[i] {
			t.Errorf("same seed: %+v, then %+v", got[i], again[i])
		}
	}
}

// A change of variance alone is a change.
func TestChangesFindsChangeOfVariance(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	xs := steps(rng, 80, 0, 0)
	for i := 80; i < 160; i++ {
		xs[i] *= 6
	}
	if got := Changes(xs, 10, 0.05, 199, rng); len(got) == 0 || math.Abs(float64(got[0].At-80)) > 15 {
		t.Errorf("changes = %+v, want one near 80", got)
	}
}

func TestChangesKeepsLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	const trials = 400
	found := 0
	for range trials {
		if len(Changes(steps(rng, 30, 0), 3, 0.05, 99, rng)) > 0 {
			found++
		}
	}
	t.Logf("false positive rate %.3f at level 0.05", float64(found)/trials)
	if p := 1 - binomialAtMost(trials, found-1, 0.05); p < 0.001 {
		t.Errorf("changes in %d of %d noise series at level 0.05", found, trials)
	}
}

func TestChangesInShortSeries(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	for _, xs := range [][]float64{nil, {1}, {1, 9, 1}, {4, 4, 4, 4, 4, 4, 4, 4}} {
		if got := Changes(xs, 0, 0.05, 99, rng); len(got) != 0 {
			t.Errorf("Changes(%v) = %+v, want none", xs, got)
		}
	}
	if got := Changes(steps(rng, 20, 0, 50), 5, 0.01, 20, rng); len(got) != 0 {
		t.Errorf("with 20 permutations at 1 %%: %+v, want none", got)
	}
}

// Compares with the definition, term by term.
func TestEnergyDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Float64Range(-100, 100), 4, 14).Draw(t, "xs")
		least := rapid.IntRange(2, 4).Draw(t, "least")
		e := energy{least: least, sums: make([]float64, 15*15)}
		_, got := e.best(xs)
		want := math.Inf(-1)
		for k := least; k+least <= len(xs); k++ {
			for end := k + least; end <= len(xs); end++ {
				want = max(want, distance(xs[:k], xs[k:end]))
			}
		}
		if got != want && math.Abs(got-want) > 1e-9 {
			t.Fatalf("best distance = %v, want %v", got, want)
		}
	})
}

func distance(x, y []float64) float64 {
	between := func(a, b []float64) float64 {
		sum := 0.0
		for _, p := range a {
			for _, q := range b {
				sum += math.Abs(p - q)
			}
		}
		return sum
	}
	m, n := float64(len(x)), float64(len(y))
	return m * n / (m + n) * (2*between(x, y)/(m*n) - between(x, x)/(m*(m-1)) - between(y, y)/(n*(n-1)))
}
