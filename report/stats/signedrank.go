package stats

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// exactSigned is the largest number of values whose signed-rank distribution is
// worked out in full; beyond, it is close enough to normal.
const exactSigned = 200

// SignedRankGreater is the one-sided p-value of Wilcoxon's signed-rank test: how
// likely the values would lie this far above shift, or farther, if the centre
// that they are symmetric about were at shift. Small: the centre is above shift.
// The null hypothesis is that the centre is at most shift.
//
// It is exact for up to 200 values: the distribution of the sum of the ranks of
// the values above shift, over all 2^n choices of signs, given the ranks there
// are (equal distances share their mean rank, so ties are exact as well). Beyond
// 200 it is the normal approximation with correction for continuity and ties.
// Values equal to shift say nothing on the side and are dropped first; where
// nothing is left, p is 1. xs must be finite; it is not modified.
//
// Source: Wilcoxon 1945; Hollander, Wolfe and Chicken, Nonparametric Statistical
// Methods, 3rd ed., section 3.1; Pratt and Gibbons 1981 for ties.
func SignedRankGreater(xs []float64, shift float64) float64 {
	_, p := signedRank(xs, shift)
	return p
}

// signedRank is P(T ≤ t) and P(T ≥ t) for the sum t of the ranks above shift.
func signedRank(xs []float64, shift float64) (less, greater float64) {
	var distances []float64
	var above []bool
	for _, x := range xs {
		if d := x - shift; d != 0 {
			distances = append(distances, math.Abs(d))
			above = append(above, d > 0)
		}
	}
	if len(distances) == 0 {
		return 1, 1
	}
	ranks := doubledRanks(distances)
	if len(ranks) <= exactSigned {
		ranks = halved(ranks)
		return tails(signedSums(ranks), sumWhere(ranks, above))
	}
	squares := 0.0
	for _, r := range ranks {
		squares += float64(r) * float64(r)
	}
	off, sd := float64(sumWhere(ranks, above))-float64(total(ranks))/2, math.Sqrt(squares)/2
	return normalTail((-off - 1) / sd), normalTail((off - 1) / sd)
}

func sumWhere(ranks []int, above []bool) int {
	sum := 0
	for i, r := range ranks {
		if above[i] {
			sum += r
		}
	}
	return sum
}

// walsh is the Walsh averages, ascending.
func walsh(xs []float64) []float64 {
	averages := make([]float64, 0, len(xs)*(len(xs)+1)/2)
	for i, x := range xs {
		for _, y := range xs[i:] {
			averages = append(averages, x/2+y/2)
		}
	}
	sort.Float64s(averages)
	return averages
}

// HodgesLehmannInterval is the two-sided interval for the centre of symmetry that
// the signed-rank test does not reject: [w(k), w(M+1−k)] of the M = n(n+1)/2
// sorted Walsh averages covers it with probability 1 − 2·P(T < k), T being the
// signed-rank sum; k is the largest for which that is at least confidence. Median
// holds the Hodges-Lehmann estimate. Where even k = 1 is not enough, the interval
// is the whole range, and Warning says how many values would do. Confidence is
// exact for up to 200 values of a continuous distribution, and at least that
// if values are rounded; beyond 200 it is the normal approximation.
//
// It agrees with the test: but for ties, Low is above m exactly where
// SignedRankGreater(xs, m) is at most (1−confidence)/2.
//
// Source: Tukey 1949; Hollander, Wolfe and Chicken, 3rd ed., section 3.3.
func HodgesLehmannInterval(xs []float64, confidence float64) Interval {
	n := len(xs)
	if n == 0 {
		return emptyInterval()
	}
	var k int
	var covered float64
	if n <= exactSigned {
		k, covered = symmetricCut(signedSums(wholeRanks(n)), confidence)
	} else {
		m := float64(n)
		k, covered = cutNormal(m*(m+1)/4, math.Sqrt(m*(m+1)*(2*m+1)/24), confidence)
	}
	in := orderInterval(walsh(xs), k, covered)
	in.N = n
	if covered < confidence {
		in.Warning = fmt.Errorf("%d values give an interval of %.4g %% at most; %.4g %% needs %d",
			n, 100*covered, 100*confidence, ValuesFor(confidence))
	}
	return in
}

// orderInterval is [s(k), s(M+1−k)] of the M sorted values, and their median.
func orderInterval(s []float64, k int, covered float64) Interval {
	return Interval{Low: s[k-1], Median: Median(s), High: s[len(s)-k], Confidence: covered}
}

func emptyInterval() Interval {
	nan := math.NaN()
	return Interval{Low: nan, Median: nan, High: nan, Warning: errors.New("there are no values")}
}
