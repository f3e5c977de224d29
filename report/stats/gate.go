package stats

import (
	"errors"
	"fmt"
	"math"
)

// An Outcome is what a gate says of one figure, or of all.
type Outcome string

// The outcomes. Inconclusive is an answer: the values do not tell.
const (
	Regression   Outcome = "regression"
	Pass         Outcome = "pass"
	Inconclusive Outcome = "inconclusive"
)

// A Rule is the plan of a sequential gate, made before the first pair is run.
type Rule struct {
	// Level is the probability, at most, of a false regression over the whole gate
	// (all looks, all figures), such as 0.05; above 0 and below 0.5. Each look is
	// given the same part of it (Bonferroni). Of a false pass it is the bound for
	// each figure.
	Level float64
	// Looks are the numbers of pairs after which the gate looks, and stops if it
	// knows, ascending. None is one look, at whatever pairs there are.
	Looks []int
}

// Evidence is what a gate knows of one figure. Ratios are head/base, or base/head
// if less is worse: above 1 is worse, 1.05 is 5 % worse.
type Evidence struct {
	// Ratio is the Hodges-Lehmann estimate, and [Low, High] its two-sided interval
	// with the exact coverage Confidence: at least 1 − 2·level per look, where
	// there are values enough for it. NaN if there are none.
	Ratio, Low, High, Confidence float64
	// P is the one-sided p-value of the ratio being above the floor: small is a
	// regression. Holm-adjusted for the figures that were judged together.
	P float64
	// N is the number of pairs used; unpaired, of values on the smaller side.
	N       int
	Outcome Outcome
	// Warnings say what makes the evidence weaker than it looks.
	Warnings []error
}

// Decide judges figures[i], the log-ratios head/base of pair after pair with the
// sign such that positive is worse, against floors[i], the smallest change that
// counts (0.05 is 5 %; above −1). It returns an Evidence for each figure.
//
//   - Regression: the Holm-adjusted one-sided signed-rank p against log(1+floor)
//     is at most Level/looks, and Low is above the floor. For one figure the two
//     are the same condition, since the interval is the test turned around (but
//     if pairs are equal to the last digit: then both must hold). For several,
//     Holm asks for more, so Low can be above the floor without a regression.
//   - Pass: High is below the floor, with the confidence Level/looks on that side.
//     No Holm: that all figures pass is said only if each of them does, and
//     that is wrong no more often than for the worst of them (intersection-union).
//   - Inconclusive: neither, or no pairs.
//
// What is tested is that log-ratios are symmetric about log(1+floor), so false
// regressions stay within Level if head and base differ by just the floor, and
// are far rarer if they do not differ. Pairs next to each other in time, in
// the order A B, B A, …, take out what drifts. Log-ratios that are not finite are
// left out with a warning. There are warnings too for pairs too few to show
// anything at that level, for looking when it was not planned, for a trend over
// the pairs (Mann-Kendall p < 0.01) and for neighbours that correlate (Lag1
// beyond 2.58/√n). floors has an element for each figure.
//
// Source: Wilcoxon 1945 (signed rank), Holm 1979; Berger 1982 (intersection-
// union); Jennison and Turnbull, Group Sequential Methods, chapter 2.
func (r Rule) Decide(figures [][]float64, floors []float64) []Evidence {
	level := r.Level / float64(max(1, len(r.Looks)))
	es := make([]Evidence, len(figures))
	ps := make([]float64, len(figures))
	for i, logs := range figures {
		es[i] = judgePairs(logs, floors[i], level)
		es[i].warn(r.unplanned(len(logs)))
		es[i].warn(tooFewPairs(es[i].N, len(figures), level))
		ps[i] = es[i].P
	}
	for i, p := range Holm(ps) {
		es[i].P = p
		es[i].decide(floors[i], level)
	}
	return es
}

// judgePairs is the evidence of one figure on its own, P not yet adjusted.
func judgePairs(logs []float64, floor, level float64) Evidence {
	finite, err := finiteOf(logs)
	in := HodgesLehmannInterval(finite, 1-2*level)
	e := evidence(in, SignedRankGreater(finite, math.Log1p(floor)))
	e.N = in.N
	e.warn(err)
	e.warn(nonStationary("the pairs", finite))
	return e
}

// Overall is the outcome of figures judged together: regression if any of them
// is, pass only if all do and there is at least one, inconclusive otherwise.
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

// decide decides. Comparisons with NaN are false, so no values are no outcome.
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
	for _, n := range r.Looks {
		if n == pairs {
			return nil
		}
	}
	if len(r.Looks) == 0 {
		return nil
	}
	return fmt.Errorf("unplanned look at %d pairs (planned: %v); the level holds for planned looks only", pairs, r.Looks)
}

// LeastPairs is the fewest pairs with which one of so many figures can be a
// regression at a look: the smallest p-value of n pairs is (½)^n, and Holm asks the
// smallest of k figures to be k times as small.
func (r Rule) LeastPairs(figures int) int {
	return leastPairs(figures, r.Level/float64(max(1, len(r.Looks))))
}

func leastPairs(figures int, level float64) int {
	return int(math.Ceil(math.Log2(float64(figures) / level)))
}

// tooFewPairs says how many pairs could show a regression of one figure of several.
func tooFewPairs(n, figures int, level float64) error {
	if n == 0 {
		return errors.New("there are no pairs")
	}
	needed := leastPairs(figures, level)
	if n >= needed {
		return nil
	}
	return fmt.Errorf("%d pairs cannot show a regression at level %.3g; %d are needed", n, level, needed)
}
