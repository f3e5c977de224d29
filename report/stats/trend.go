package stats

import (
	"math"
	"slices"
)

// exactKendall is the longest series for which the Mann-Kendall distribution is exact.
const exactKendall = 40

// MannKendall tests a series for a monotonic trend. s is the number of pairs that rise from the
// earlier to the later value, minus those that fall; its sign is the direction of the trend. p is
// the two-sided p-value of s if all orders were equally likely; it is 1 for fewer than 2 values. It
// is exact for up to 40 distinct values and otherwise the normal approximation, corrected for
// continuity and ties. Autocorrelated values show spurious trends. xs must be finite; it is not
// modified.
//
// Source: Mann 1945; Kendall, Rank Correlation Methods, 4th ed., chapters 4, 5.
func MannKendall(xs []float64) (s int, p float64) {
	n := len(xs)
	ties := false
	for i, x := range xs {
		for _, later := range xs[i+1:] {
			switch {
			case later > x:
				s++
			case later < x:
				s--
			default:
				ties = true
			}
		}
	}
	size := s
	if s < 0 {
		size = -s
	}
	if n <= exactKendall && !ties {
		return s, min(1, 2*inversionsAtMost(n, (n*(n-1)/2-size)/2))
	}
	sd := math.Sqrt(kendallVariance(xs))
	if sd == 0 || s == 0 {
		return s, 1
	}
	return s, min(1, 2*normalTail(float64(size-1)/sd))
}

// inversionsAtMost returns the fraction of permutations of n values with at most k inversions. The
// i-th value adds 0 … i−1 inversions with equal probability.
func inversionsAtMost(n, k int) float64 {
	p := make([]float64, k+1)
	p[0] = 1
	for i := 2; i <= n; i++ {
		next := make([]float64, k+1)
		for j := range next {
			for added := 0; added < i && added <= j; added++ {
				next[j] += p[j-added]
			}
			next[j] /= float64(i)
		}
		p = next
	}
	sum := 0.0
	for _, x := range p {
		sum += x
	}
	return sum
}

// kendallVariance returns n(n−1)(2n+5)/18, minus the same term for each group of ties.
func kendallVariance(xs []float64) float64 {
	term := func(n int) float64 { return float64(n) * float64(n-1) * float64(2*n+5) / 18 }
	s := slices.Sorted(slices.Values(xs))
	variance := term(len(s))
	for low := 0; low < len(s); {
		high := low + 1
		for high < len(s) && s[high] == s[low] {
			high++
		}
		variance -= term(high - low)
		low = high
	}
	return variance
}

// TheilSen returns the slope of a series per step: the median of the slopes between all pairs,
// which is robust against up to 29 % of outliers. It is NaN for fewer than 2 values. It uses n²/2
// memory.
//
// Source: Theil 1950; Sen 1968.
func TheilSen(xs []float64) float64 {
	var slopes []float64
	for i, x := range xs {
		for j, later := range xs[i+1:] {
			slopes = append(slopes, (later-x)/float64(j+1))
		}
	}
	return Median(slopes)
}

// Lag1 returns the lag-1 autocorrelation of a series, from −1 to 1. For independent values it is
// −1/n on average and outside ±2.58/√n in 1 % of series. It is 0 for fewer than 3 values and if all
// values are equal. xs must be finite.
//
// Source: Box, Jenkins and Reinsel, Time Series Analysis, section 2.1.5; Bartlett 1946 for the
// bound.
func Lag1(xs []float64) float64 {
	if len(xs) < 3 {
		return 0
	}
	mean := 0.0
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	var covariance, variance float64
	for i, x := range xs {
		variance += (x - mean) * (x - mean)
		if i > 0 {
			covariance += (x - mean) * (xs[i-1] - mean)
		}
	}
	if variance == 0 {
		return 0
	}
	return covariance / variance
}
