package stats

import "sort"

// QuantileRanks returns the ranks, from 1, of the order statistics of n independent draws that
// enclose the q-quantile (0 < q < 1) of any distribution: [x(low), x(high)] covers it with
// probability covered, which is at least confidence. With B = Binomial(n, q),
// low is the highest rank with P(B < low) ≤ (1−confidence)/2, and high the lowest with P(B ≥ high) ≤
// (1−confidence)/2. low = 0 and high = n+1 mean that n draws are too few for a bound on that side.
//
// The binomial is accurate to about 13 digits for n up to 10 million and beyond. The normal
// approximation would misstate the coverage by several per cent in the tails. For autocorrelated
// draws, see EffectiveSize.
//
// Source: David and Nagaraja, Order Statistics, 3rd ed., section 7.1.
func QuantileRanks(n int, q, confidence float64) (low, high int, covered float64) {
	tail := (1 - confidence) / 2
	low = sort.Search(n, func(k int) bool { return binomialAtMost(n, k, q) > tail })
	high = sort.Search(n+1, func(k int) bool { return binomialAtMost(n, n-k, 1-q) <= tail })
	below, above := binomialAtMost(n, low-1, q), binomialAtMost(n, n-high, 1-q)
	return low, high, 1 - below - above
}

// EffectiveSize returns the number of independent draws whose mean is as precise as the mean of n
// values of an AR(1) series with lag-1 autocorrelation rho: n(1−rho)/(1+rho), at least 1. It
// returns n if rho is negative or NaN.
//
// Source: Bayley and Hammersley 1946; Wilks, Statistical Methods in the Atmospheric Sciences,
// section 5.2.4.
func EffectiveSize(n int, rho float64) float64 {
	size := float64(n)
	if rho > 0 {
		size *= (1 - rho) / (1 + rho)
	}
	return max(1, size)
}

// DesignEffect compares the variance of a proportion between blocks with the binomial variance;
// block b has hits[b] hits among totals[b] values. deff is the chi-square statistic of the
// proportions divided by its degrees of freedom, blocks − 1. It is 1 for independent values; in
// general the variance is deff times the binomial, so n values count as n/deff independent ones. p
// is the p-value of the chi-square test of homogeneity: small if the blocks differ. Each block
// should have about 5 expected hits and misses.
//
// Empty blocks are ignored. DesignEffect returns 1 and 1 if there are fewer than two blocks, no
// hits or only hits. hits and totals must have the same length.
//
// Source: Kish, Survey Sampling, 1965; Rao and Scott, Biometrics 48 (1992) 577.
func DesignEffect(hits, totals []int) (deff, p float64) {
	var hit, all float64
	blocks := 0
	for b, n := range totals {
		if n > 0 {
			hit, all = hit+float64(hits[b]), all+float64(n)
			blocks++
		}
	}
	if blocks < 2 || hit == 0 || hit == all {
		return 1, 1
	}
	share, statistic := hit/all, 0.0
	for b, n := range totals {
		if n > 0 {
			off := float64(hits[b]) - float64(n)*share
			statistic += off * off / (float64(n) * share * (1 - share))
		}
	}
	return statistic / float64(blocks-1), chiSquareTail(statistic, blocks-1)
}
