// Package stats is pure statistics: floats in, values out. It knows nothing of
// results. Every function names its source.
package stats

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"sort"
)

// Median returns the middle of xs, NaN for none. xs is not modified.
func Median(xs []float64) float64 {
	s := sorted(xs)
	n := len(s)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

func sorted(xs []float64) []float64 {
	s := append([]float64(nil), xs...)
	sort.Float64s(s)
	return s
}

// An Interval is an interval for a median, with the confidence that it really
// has.
type Interval struct {
	Low, Median, High float64
	// Confidence is the exact coverage, at least what was asked for where the
	// number of values allows it, else the most that they allow.
	Confidence float64
	N          int
	// Warning says that Confidence is less than was asked for, and how many values
	// would do; nil if it is not.
	Warning error
}

// MedianInterval returns the order-statistic interval for the median of the
// distribution that xs are independent draws of, without any assumption about
// its shape: [x(k), x(n+1-k)] covers it with probability
// 1 − 2·P(Binomial(n, ½) < k) (David and Nagaraja, Order Statistics, 3rd ed.,
// section 7.1). k is the largest for which that is at least confidence; where
// even k = 1 is not enough, the interval is the whole range.
func MedianInterval(xs []float64, confidence float64) Interval {
	s := sorted(xs)
	n := len(s)
	if n == 0 {
		nan := math.NaN()
		return Interval{Low: nan, Median: nan, High: nan, Warning: errors.New("there are no values")}
	}
	k, covered := medianRank(n, confidence)
	in := Interval{Low: s[k-1], Median: Median(s), High: s[n-k], Confidence: covered, N: n}
	if in.Confidence < confidence {
		in.Warning = fmt.Errorf("%d values give an interval of %.4g %% at most; %.4g %% needs %d",
			n, 100*in.Confidence, 100*confidence, ValuesFor(confidence))
	}
	return in
}

// ValuesFor is the fewest values whose whole range covers the median with that
// confidence, below 1: 1 − 2·(½)^n is at least it. That is 6 for 95 %.
func ValuesFor(confidence float64) int {
	return max(1, int(math.Ceil(1-math.Log2(1-confidence))))
}

// medianRank finds k, and the coverage 1 − 2·P(Binomial(n, ½) ≤ k−1), never below 0.
func medianRank(n int, confidence float64) (k int, covered float64) {
	below := binomialHalf(n, 0)
	for k = 1; k+1 <= (n+1)/2; k++ {
		next := below + binomialHalf(n, k)
		if 1-2*next < confidence {
			break
		}
		below = next
	}
	return k, max(0, 1-2*below)
}

// binomialHalf is P(Binomial(n, ½) = i), exact but for one rounding. Floats alone do not
// do: (½)^n is 0 from n = 1,075 on.
func binomialHalf(n, i int) float64 {
	choices := new(big.Float).SetInt(new(big.Int).Binomial(int64(n), int64(i)))
	p, _ := choices.SetMantExp(choices, -n).Float64()
	return p
}

// RatioInterval is the MedianInterval of the ratios a[i]/b[i] of values that were
// measured side by side. Pairs without a positive, finite ratio are left out.
// The median commutes with the logarithm, so taking it of the ratios or of their
// logarithms is the same but for an even number of pairs.
func RatioInterval(a, b []float64, confidence float64) Interval {
	var logs []float64
	for i := range min(len(a), len(b)) {
		if l := math.Log(a[i] / b[i]); !math.IsNaN(l) && !math.IsInf(l, 0) {
			logs = append(logs, l)
		}
	}
	in := MedianInterval(logs, confidence)
	in.Low, in.Median, in.High = math.Exp(in.Low), math.Exp(in.Median), math.Exp(in.High)
	return in
}
