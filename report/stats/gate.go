package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
)

// An Outcome is the decision of a gate on one metric or on all of them.
type Outcome string

// The outcomes. Inconclusive means that the data support neither of the others.
const (
	Regression   Outcome = "regression"
	Pass         Outcome = "pass"
	Inconclusive Outcome = "inconclusive"
)

// A Rule is the plan of a sequential gate, fixed before the first pair is measured.
type Rule struct {
	// Level bounds the probability of a false regression over all looks and metrics of the gate,
	// and of a false pass per metric: above 0 and below 0.5, such as 0.05. It is divided among the
	// looks (Bonferroni): the i-th of k gets the share 2i/(k(k+1)), because an early look only has
	// to find what is obvious.
	Level float64
	// Looks lists the numbers of pairs, ascending, after which the gate is evaluated. It stops at
	// the first decision. If empty, there is one look, at any number of pairs.
	Looks []int
}

// Evidence is the statistical evidence for one metric. Ratios are head/base, or base/head if less
// is worse: 1.05 is 5 % worse.
type Evidence struct {
	// Ratio is the Hodges-Lehmann estimate and [Low, High] its two-sided interval with the exact
	// coverage Confidence, which is at least 1 − 2·level per look if there are enough values. They
	// are NaN if there are none.
	Ratio, Low, High, Confidence float64
	// P is the one-sided p-value of a ratio above the floor, Holm-adjusted for the metrics judged
	// together. A small p-value indicates a regression.
	P float64
	// N is the number of pairs used or, if unpaired, the size of the smaller sample.
	N       int
	Outcome Outcome
	// Warnings are reasons to trust the evidence less.
	Warnings []error
}

// Decide returns the evidence for each metric. logRatios[i] holds the log-ratios head/base of metric
// i, pair by pair, signed such that positive is worse. floors[i] is the smallest change that counts,
// above −1: 0.05 is 5 %. Both have one element per metric.
//
//   - Regression: the Holm-adjusted one-sided signed-rank p-value against log(1+floor) is at most
//     the level of the look, and Low is above the floor. For one metric these conditions are
//     equivalent, except with ties, because the interval inverts the test. For several metrics, Holm
//     is stricter.
//   - Pass: High is below the floor with one-sided confidence 1 − the level of the look. This needs
//     no Holm adjustment: all metrics must pass, so the error rate is that of the worst one
//     (intersection-union test).
//   - Inconclusive: neither, or no pairs.
//
// The test assumes that log-ratios are symmetric about log(1+floor). False regressions stay within
// Level if head is worse by exactly the floor, and are much rarer if the sides are equal. Running
// pairs back to back in the order A B, B A, … cancels drift. Log-ratios that are not finite are left
// out with a warning. Other warnings report too few pairs for the level, an unplanned look, a trend
// over the pairs (Mann-Kendall p < 0.01), and autocorrelation (|Lag1| > 2.58/√n).
//
// Source: Wilcoxon 1945 (signed rank); Holm 1979; Berger 1982 (intersection-union); Jennison and
// Turnbull, Group Sequential Methods, chapter 2.
func (r Rule) Decide(logRatios [][]float64, floors []float64) []Evidence {
	pairs := math.MaxInt
	for _, logs := range logRatios {
		pairs = min(pairs, len(logs))
	}
	level := r.levelAt(pairs)
	es := make([]Evidence, len(logRatios))
	for i, logs := range logRatios {
		es[i] = judgePairs(logs, floors[i], level)
		es[i].warn(r.unplanned(len(logs)))
		es[i].warn(tooFewPairs(es[i].N, len(logRatios), level))
	}
	Adjust(es, floors, level)
	return es
}

// levelAt returns the level of the last look at or before that many pairs, or of the first look.
func (r Rule) levelAt(pairs int) float64 {
	looks := len(r.Looks)
	if looks == 0 {
		return r.Level
	}
	reached := 1
	for i, n := range r.Looks {
		if n <= pairs {
			reached = i + 1
		}
	}
	return r.Level * float64(2*reached) / float64(looks*(looks+1))
}

// Adjust decides on several metrics judged together: it adjusts their p-values by Holm's method and
// sets their outcomes. A regression on its own that is not one of several is inconclusive, with a
// warning.
func Adjust(es []Evidence, floors []float64, level float64) {
	ps := make([]float64, len(es))
	for i := range es {
		ps[i] = es[i].P
	}
	for i, p := range Holm(ps) {
		e := &es[i]
		e.decide(floors[i], level)
		alone := e.Outcome
		e.P = p
		if e.decide(floors[i], level); e.Outcome != alone {
			e.warn(fmt.Errorf("a regression on its own, but not significant among %d metrics (Holm)", len(es)))
		}
	}
}

// judgePairs returns the evidence for one metric, with P not yet adjusted.
func judgePairs(logs []float64, floor, level float64) Evidence {
	finite, err := Finite(logs)
	in := HodgesLehmannInterval(finite, 1-2*level)
	e := evidence(in, SignedRankGreater(finite, math.Log1p(floor)))
	e.N = in.N
	e.warn(err)
	e.warn(nonStationary("the pairs", finite))
	return e
}

// Overall combines the outcomes of metrics judged together. It returns Regression if any metric
// regressed, Pass if there is at least one metric and all passed, and Inconclusive otherwise.
func Overall(es []Evidence) Outcome {
	all := Pass
	if len(es) == 0 {
		all = Inconclusive
	}
	for _, e := range es {
		switch e.Outcome {
		case Regression:
			return Regression
		case Pass:
		default:
			all = Inconclusive
		}
	}
	return all
}

func evidence(in Interval, p float64) Evidence {
	return Evidence{
		Ratio: math.Exp(in.Median), Low: math.Exp(in.Low), High: math.Exp(in.High),
		Confidence: in.Confidence, P: p,
	}
}

// decide sets Outcome. Comparisons with NaN are false, so no values are inconclusive.
func (e *Evidence) decide(floor, level float64) {
	switch {
	case e.P <= level && e.Low > 1+floor:
		e.Outcome = Regression
	case e.Confidence >= 1-2*level && e.High < 1+floor:
		e.Outcome = Pass
	default:
		e.Outcome = Inconclusive
	}
}

func (e *Evidence) warn(err error) {
	if err != nil {
		e.Warnings = append(e.Warnings, err)
	}
}

func (r Rule) unplanned(pairs int) error {
	if len(r.Looks) == 0 || slices.Contains(r.Looks, pairs) {
		return nil
	}
	return fmt.Errorf("unplanned look at %d pairs (planned: %v); the level applies to planned looks only", pairs, r.Looks)
}

// LeastPairs returns the minimum number of pairs for a regression at the first look among the given
// number of metrics. The smallest p-value of n pairs is (½)^n, and Holm multiplies the smallest of k
// by k.
func (r Rule) LeastPairs(metrics int) int {
	return leastPairs(metrics, r.levelAt(0))
}

func leastPairs(metrics int, level float64) int {
	return int(math.Ceil(math.Log2(float64(metrics) / level)))
}

// tooFewPairs returns a warning if n pairs cannot show a regression.
func tooFewPairs(n, metrics int, level float64) error {
	if n == 0 {
		return errors.New("no pairs")
	}
	needed := leastPairs(metrics, level)
	if n >= needed {
		return nil
	}
	return fmt.Errorf("n = %d cannot show a regression at level %.3g; at least %d are needed", n, level, needed)
}

// Holm returns the Holm-adjusted p-values of several tests, in the order given. Rejecting each test
// whose adjusted p-value is at most α makes any false rejection with probability at most α,
// whatever the dependence between the tests. The smallest of m p-values is multiplied by m, the
// next by m−1, and so on; the results are monotone and at most 1. NaN, a test that could not be
// made, counts as 1. ps is not modified.
//
// Source: Holm 1979.
func Holm(ps []float64) []float64 {
	adjusted := make([]float64, len(ps))
	order := make([]int, len(ps))
	for i, p := range ps {
		order[i] = i
		if adjusted[i] = p; math.IsNaN(p) {
			adjusted[i] = 1
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return adjusted[order[i]] < adjusted[order[j]] })
	least := 0.0
	for i, at := range order {
		least = max(least, min(1, adjusted[at]*float64(len(ps)-i)))
		adjusted[at] = least
	}
	return adjusted
}
