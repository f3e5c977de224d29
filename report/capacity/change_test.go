package capacity_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/report/capacity"
	"rtbench/report/stats"
)

// judge compares two searches as a gate does.
func judge(t *testing.T, p capacity.Plan, base, head func(float64) capacity.Outcome) stats.Evidence {
	t.Helper()
	_, b := search(t, p, base)
	_, h := search(t, p, head)
	e := []stats.Evidence{p.Compare(b, h, 0.1, 0.05)}
	stats.Adjust(e, []float64{0.1}, 0.05)
	return e[0]
}

// A gate on the capacity finds a server that takes a quarter less, seldom accuses an equal one, and a server
// that is worse by the floor hardly more often than planned.
func TestChangeOfCapacity(t *testing.T) {
	t.Parallel()
	pairs := 30 // of each; they are seeded, so the shares do not vary
	if !testrun.All() {
		pairs = 10
	}
	for _, c := range []struct {
		name        string
		slower      float64 // base/head
		least, most float64 // shares of regressions
		passes      float64 // at least
	}{
		{"equal", 1, 0, 0.01, 0.7},
		{"worse by the floor", 1.1, 0, 0.05, 0},
		{"a quarter less", 4. / 3, 0.9, 1, 0},
	} {
		p := planFor(0)
		p.Precision, p.Steps = 0.04, 60
		regressions, passes := 0, 0
		for seed := range pairs {
			r := rand.New(rand.NewPCG(uint64(seed), 2))
			k, utilization := knee(r), between(r, 0.5, 0.9)
			server := func(knee float64) func(float64) capacity.Outcome {
				return func(x float64) capacity.Outcome {
					return outcome(queue(x, knee, utilization)*math.Exp(0.1*r.NormFloat64()) < 1)
				}
			}
			p.Seed = uint64(seed)
			switch judge(t, p, server(k), server(k/c.slower)).Outcome {
			case stats.Regression:
				regressions++
			case stats.Pass:
				passes++
			}
		}
		found, passed := float64(regressions)/float64(pairs), float64(passes)/float64(pairs)
		t.Logf("%s: %.1f %% regressions, %.1f %% passes", c.name, 100*found, 100*passed)
		if found < c.least || found > c.most || passed < c.passes {
			t.Errorf("%s: %.1f %% regressions, want %.0f to %.0f %%; %.1f %% passes, want at least %.0f %%", c.name, 100*found, 100*c.least, 100*c.most, 100*passed, 100*c.passes)
		}
	}
}

// Bounds of a capacity bound the ratio.
func TestChangeOfBounds(t *testing.T) {
	t.Parallel()
	p := planFor(1)
	takes := func(knee, limit float64) func(float64) capacity.Outcome {
		return func(x float64) capacity.Outcome {
			if x > limit {
				return capacity.Limited
			}
			return outcome(x < knee)
		}
	}
	never := func(float64) capacity.Outcome { return capacity.Unusable }
	all := math.Inf(1)
	for _, c := range []struct {
		name       string
		base, head func(float64) capacity.Outcome
		want       stats.Outcome
		low, high  float64 // about; 0 and +Inf are no bounds, NaN is unknown
	}{
		{"base beyond the generator", takes(1e5, 40000), takes(20000, 40000), stats.Regression, 2, all},
		{"head beyond the generator", takes(20000, 40000), takes(1e5, 40000), stats.Pass, 0, 0.5},
		{"both beyond the generator", takes(1e5, 40000), takes(1e5, 40000), stats.Inconclusive, 0, all},
		{"head misses at every load", takes(20000, all), takes(0, all), stats.Regression, 20000, all},
		{"base misses at every load", takes(0, all), takes(20000, all), stats.Pass, 0, 1. / 20000},
		{"base not measured", never, takes(20000, all), stats.Inconclusive, math.NaN(), math.NaN()},
	} {
		e := judge(t, p, c.base, c.head)
		if e.Outcome != c.want || !about(e.Low, c.low) || !about(e.High, c.high) {
			t.Errorf("%s: %s, %g to %g, want %s, %g to %g", c.name, e.Outcome, e.Low, e.High, c.want, c.low, c.high)
		}
	}
}

// about reports whether x is within a quarter of want.
func about(x, want float64) bool {
	return x == want || math.IsNaN(x) && math.IsNaN(want) || math.Abs(x-want) < want/4
}
