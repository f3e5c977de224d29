package stats

import (
	"fmt"
	"math"
	"sort"
)

// exactRankSum is the largest total number of values for which the rank-sum distribution is exact.
const exactRankSum = 120

// RankSumGreater returns the one-sided p-value of the Mann-Whitney (Wilcoxon rank-sum) test of the
// null hypothesis that b does not exceed a by more than shift. A small p-value means that it does.
// The p-value is 1 if a or b is empty. a and b must be finite; they are not modified.
//
// The p-value is exact, with ties sharing their mean rank, for up to 120 values in total. Beyond
// that it is the normal approximation, corrected for continuity and ties.
//
// Source: Mann and Whitney 1947; Hollander, Wolfe and Chicken, Nonparametric Statistical Methods,
// 3rd ed., section 4.1.
func RankSumGreater(a, b []float64, shift float64) float64 {
	moved := make([]float64, len(b))
	for i, x := range b {
		moved[i] = x - shift
	}
	_, greater := rankSum(a, moved)
	return greater
}

// rankSum returns P(W ≤ w) and P(W ≥ w) for the rank sum w of b.
func rankSum(a, b []float64) (less, greater float64) {
	if len(a) == 0 || len(b) == 0 {
		return 1, 1
	}
	if len(b) > len(a) { // the distribution is cheaper for the smaller sample
		greater, less = rankSum(b, a)
		return less, greater
	}
	ranks := doubledRanks(append(append([]float64(nil), a...), b...))
	if len(ranks) <= exactRankSum {
		ranks = halved(ranks)
		return tails(subsetSums(ranks, len(b)), total(ranks[len(a):]))
	}
	w := total(ranks[len(a):])
	m, n, all := float64(len(a)), float64(len(b)), float64(len(ranks))
	squares := 0.0
	for _, r := range ranks {
		d := float64(r) - (all + 1)
		squares += d * d
	}
	if squares == 0 { // all values are equal
		return 1, 1
	}
	sd := math.Sqrt(m * n * squares / (all * (all - 1)))
	off := float64(w) - n*(all+1)
	return normalTail((-off - 1) / sd), normalTail((off - 1) / sd)
}

// ShiftInterval returns the interval for the shift from a to b that inverts the rank-sum test.
// Median is the Hodges-Lehmann estimate, the median of all m·n differences b[j] − a[i]. [Low, High]
// is [d(k), d(mn+1−k)] of the sorted differences. It covers the shift with probability 1 − 2·P(U <
// k), and k is the largest value for which this is at least confidence. N is the total number of
// values.
//
// Confidence is exact for up to 120 values in total of a continuous distribution, and a lower bound
// if values are rounded. Beyond 120 it is the normal approximation. If even k = 1 is not enough,
// Warning reports how many values each sample needs. ShiftInterval uses O(mn) memory.
//
// Source: Moses 1953; Hollander, Wolfe and Chicken, 3rd ed., sections 4.2, 4.3.
func ShiftInterval(a, b []float64, confidence float64) Interval {
	if len(a) == 0 || len(b) == 0 {
		return emptyInterval()
	}
	differences := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			differences = append(differences, y-x)
		}
	}
	sort.Float64s(differences)
	k, covered := cutShift(len(a), len(b), confidence)
	in := orderInterval(differences, k, covered, 0, len(a)+len(b))
	in.checkCoverage(confidence, fmt.Sprintf("%d and %d", len(a), len(b)), fmt.Sprintf("%d or more of each", sidesFor(confidence)))
	return in
}

func cutShift(m, n int, confidence float64) (k int, covered float64) {
	if m+n > exactRankSum {
		x, y := float64(m), float64(n)
		return cutNormal(x*y/2, math.Sqrt(x*y*(x+y+1)/12), confidence)
	}
	small := min(m, n)
	// U is the rank sum minus its minimum.
	return symmetricCut(subsetSums(wholeRanks(m+n), small)[small*(small+1)/2:], confidence)
}

// sidesFor returns the smallest size k of two equal samples for which the range of differences
// covers the shift with the given confidence: 1 − 2/C(2k, k) ≥ confidence.
func sidesFor(confidence float64) int {
	k, choices := 1, 2.0
	for ; 1-2/choices < confidence && k < exactRankSum; k++ {
		choices *= 2 * float64(2*k+1) / float64(k+1)
	}
	return k
}
