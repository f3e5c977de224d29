package stats

import (
	"math"
	"sort"
)

// exactSigned is the largest number of values for which the signed-rank distribution is exact.
const exactSigned = 200

// SignedRankGreater returns the one-sided p-value of Wilcoxon's signed-rank test of the null
// hypothesis that the centre of symmetry of xs is at most shift. A small p-value means that the
// centre is above shift. Values equal to shift are dropped first; if none remain, the p-value is 1.
// xs must be finite; it is not modified.
//
// The p-value is exact for up to 200 values: it is taken over all 2^n signs of the observed ranks,
// with ties sharing their mean rank. Beyond 200 it is the normal approximation, corrected for
// continuity and ties.
//
// Source: Wilcoxon 1945; Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed.,
// section 3.1; Pratt and Gibbons 1981 for ties.
func SignedRankGreater(xs []float64, shift float64) float64 {
	_, p := signedRank(xs, shift)
	return p
}

// signedRank returns P(T ≤ t) and P(T ≥ t) for the sum t of the ranks of values above shift.
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

// walsh returns the Walsh averages (x[i]+x[j])/2, i ≤ j, in ascending order. Their median is the
// Hodges-Lehmann estimate (Hodges and Lehmann 1963), nearly as precise as the mean and robust
// against outliers.
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

// HodgesLehmannInterval returns the two-sided interval for the centre of symmetry that inverts the
// signed-rank test. Median is the Hodges-Lehmann estimate, NaN if xs is empty. [Low, High] is
// [w(k), w(M+1−k)] of the M = n(n+1)/2 sorted Walsh averages, which covers the centre with
// probability 1 − 2·P(T < k), T being the signed-rank sum; k is the largest value for which this is
// at least confidence. If there is none, the interval is the whole range and Warning reports how
// many values are needed. Except with ties, Low is above m exactly if SignedRankGreater(xs, m) is
// at most (1−confidence)/2.
//
// Confidence is exact for up to 200 values of a continuous distribution, and a lower bound if
// values are rounded. Beyond 200 it is the normal approximation. HodgesLehmannInterval uses O(n²)
// memory and is meant for at most a few thousand values. xs is not modified.
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
	return orderInterval(walsh(xs), k, covered, confidence, n)
}
