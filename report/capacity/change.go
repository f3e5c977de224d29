package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// Compare returns the evidence that the capacity of a subject, given by its name, is lower in head than in
// base; see Plan.Compare. Both results are searches with the plan of base.
func Compare(base, head *result.Result, name string, floor, level float64) stats.Evidence {
	return planOf(base.Search).Compare(stepsOf(base, name), stepsOf(head, name), floor, level)
}

// Compare returns the evidence that the capacity of head is lower than that of base, from the steps of both.
// Ratios are base/head: above 1 is worse. P is the posterior
// probability that the ratio is at most 1+floor, and the interval is central with probability 1 − 2·level. A
// search that found only a bound gives a bound of the ratio: then Low is 0, or High +Inf. Outcome is not set;
// see stats.Adjust.
func (p Plan) Compare(base, head []Step, floor, level float64) stats.Evidence {
	b, h := p.read(base), p.read(head)
	e := ratio(b.distribution(), h.distribution(), floor, level)
	e.N = min(len(b.steps), len(h.steps))
	for _, side := range []struct {
		name string
		*findings
	}{{"base", b}, {"head", h}} {
		if !side.ended() {
			e.Warnings = append(e.Warnings, fmt.Errorf("the search of %s was not finished", side.name))
		}
	}
	return e
}

// A mass is a range of logarithms of the capacity, with its probability.
type mass struct{ low, high, weight float64 }

// distribution returns what is known of the capacity. Above the limit of the generator, it may be any value.
func (f *findings) distribution() (out []mass) {
	ceiling := math.Log(f.ceiling)
	switch {
	case !f.met && !f.missed:
		return nil
	case !f.met:
		return []mass{{math.Inf(-1), math.Log(f.lowestMiss), 1}}
	case !f.missed:
		return []mass{{min(math.Log(f.highestMet), ceiling), math.Inf(1), 1}}
	}
	before := 0.0
	for i, c := range f.posterior.cumulative {
		at := f.posterior.from + float64(i)*f.posterior.step
		m := mass{at, at, c - before}
		if at >= ceiling {
			m.low, m.high = ceiling, math.Inf(1)
		}
		out, before = append(out, m), c
	}
	return out
}

// ratio compares two independent distributions.
func ratio(base, head []mass, floor, level float64) stats.Evidence {
	e := stats.Evidence{Ratio: math.NaN(), Low: math.NaN(), High: math.NaN(), P: math.NaN(), Confidence: 1 - 2*level}
	if len(base) == 0 || len(head) == 0 {
		return e
	}
	lows, highs := make(weighted, 0, len(base)*len(head)), make(weighted, 0, len(base)*len(head))
	for _, b := range base {
		for _, h := range head {
			w := b.weight * h.weight
			lows, highs = append(lows, [2]float64{b.low - h.high, w}), append(highs, [2]float64{b.high - h.low, w})
		}
	}
	lows.sort()
	highs.sort()
	e.Low, e.High = math.Exp(lows.quantile(level)), math.Exp(highs.quantile(1-level))
	e.Ratio = math.Exp(lows.quantile(0.5))
	if e.Ratio == 0 { // head may have any capacity above a bound
		e.Ratio = math.Exp(highs.quantile(0.5))
	}
	e.P = 0
	for _, v := range lows {
		if v[0] <= math.Log1p(floor) {
			e.P += v[1]
		}
	}
	return e
}

// weighted are values with their weights, which sum up to 1.
type weighted [][2]float64

func (w weighted) sort() {
	slices.SortFunc(w, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
}

// quantile returns the smallest value that at least a share q of the weight does not exceed.
func (w weighted) quantile(q float64) float64 {
	sum := 0.0
	for _, v := range w {
		if sum += v[1]; sum >= q {
			return v[0]
		}
	}
	return w[len(w)-1][0]
}
