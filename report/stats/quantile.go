package stats

import "sort"

// QuantileRanks returns the ranks, counted from 1, of the order statistics of n
// independent draws that enclose the q-quantile (0 < q < 1) of what they are
// drawn from: [x(low), x(high)] covers it with probability covered, at least
// confidence, whatever the distribution. Both tails have at most
// (1−confidence)/2: low is the highest rank with P(B < low), high the lowest with
// P(B ≥ high) at most that, B being Binomial(n, q). low = 0 and high = n+1 stand
// for no bound on that side: n draws are too few for one. The binomial is exact,
// to about 13 digits up to n = 10 million and beyond; the normal approximation
// would be off by some per cent of coverage in the tail of a distribution.
//
// Draws that depend on each other count for fewer: see EffectiveSize.
//
// Source: David and Nagaraja, Order Statistics, 3rd ed., section 7.1.
func QuantileRanks(n int, q, confidence float64) (low, high int, covered float64) {
	tail := (1 - confidence) / 2
	low = sort.Search(n, func(k int) bool { return binomialAtMost(n, k, q) > tail })
	high = sort.Search(n+1, func(k int) bool { return binomialAtMost(n, n-k, 1-q) <= tail })
	below, above := binomialAtMost(n, low-1, q), binomialAtMost(n, n-high, 1-q)
	return low, high, 1 - below - above
}

// EffectiveSize is how many independent draws say as much on the mean as n that
// follow one another with a first-order autocorrelation of rho, each depending on
// the one before only (AR(1)): n(1−rho)/(1+rho). A negative rho or NaN gives n:
// an advantage is not taken. Never below 1.
//
// Source: Bayley and Hammersley 1946; Wilks, Statistical Methods in the
// Atmospheric Sciences, section 5.2.4.
func EffectiveSize(n int, rho float64) float64 {
	size := float64(n)
	if rho > 0 {
		size *= (1 - rho) / (1 + rho)
	}
	return max(1, size)
}

// DesignEffect says how much more a share varies from block to block than it
// would if every value were drawn on its own, hits[b] of totals[b] being the
// counts of block b: deff is the chi-square statistic of the blocks' shares
// against the common one, over its degrees of freedom (blocks − 1). 1 is
// independence; the variance of the share is deff times the binomial, and n
// values count for n/deff. p is the chi-square p-value of homogeneity: small
// if the blocks differ. It wants about 5 expected hits and misses a block.
// Blocks of no values are left out; 1 and 1 for fewer than two blocks and where
// all or none are hits. The slices are of one length.
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
