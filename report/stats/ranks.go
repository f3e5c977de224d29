package stats

import (
	"math"
	"sort"
)

// doubledRanks returns twice the rank of each value, in the order of xs. Ties share their mean
// rank, and doubling keeps it an integer: 1, 1, 5 have ranks 1½, 1½, 3 and give 3, 3, 6.
func doubledRanks(xs []float64) []int {
	order := make([]int, len(xs))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return xs[order[i]] < xs[order[j]] })
	ranks := make([]int, len(xs))
	for low := 0; low < len(order); {
		high := low + 1
		for high < len(order) && xs[order[high]] == xs[order[low]] {
			high++
		}
		for _, i := range order[low:high] {
			ranks[i] = low + 1 + high
		}
		low = high
	}
	return ranks
}

// halved undoes the doubling if there are no ties, which halves the range of rank sums.
func halved(ranks []int) []int {
	for _, r := range ranks {
		if r%2 != 0 {
			return ranks
		}
	}
	half := make([]int, len(ranks))
	for i, r := range ranks {
		half[i] = r / 2
	}
	return half
}

func total(ranks []int) int {
	sum := 0
	for _, r := range ranks {
		sum += r
	}
	return sum
}

// wholeRanks returns 1 … n, the ranks of n distinct values.
func wholeRanks(n int) []int {
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return ranks
}

// signedSums returns the distribution of the sum of a random subset of the ranks, each rank being
// included with probability ½. Element s is the probability of sum s. It takes
// len(ranks)·total(ranks) steps.
func signedSums(ranks []int) []float64 {
	p := make([]float64, total(ranks)+1)
	p[0] = 1
	top := 0
	for _, r := range ranks {
		top += r
		for s := top; s >= 0; s-- {
			with := 0.0
			if s >= r {
				with = p[s-r]
			}
			p[s] = (p[s] + with) / 2
		}
	}
	return p
}

// subsetSums returns the distribution of the sum of k ranks drawn without replacement. Element s is
// the probability of sum s.
func subsetSums(ranks []int, k int) []float64 {
	ascending := append([]int(nil), ranks...)
	sort.Ints(ascending)
	size := 1 + total(ascending[len(ascending)-k:])
	ways := make([][]float64, k+1) // ways[j][s]: number of subsets of j ranks with sum s
	for j := range ways {
		ways[j] = make([]float64, size)
	}
	ways[0][0] = 1
	top := 0 // largest sum so far
	for i, r := range ascending {
		top = min(top+r, size-1)
		for j := min(k, i+1); j >= 1; j-- {
			from, to := ways[j-1], ways[j]
			for s := r; s <= top; s++ {
				to[s] += from[s-r]
			}
		}
	}
	all := 0.0
	for _, w := range ways[k] {
		all += w
	}
	for s := range ways[k] {
		ways[k][s] /= all
	}
	return ways[k]
}

// tails returns P(S ≤ s) and P(S ≥ s) of a distribution over 0, 1, 2, …
func tails(p []float64, s int) (atMost, atLeast float64) {
	for i, x := range p {
		if i <= s {
			atMost += x
		}
		if i >= s {
			atLeast += x
		}
	}
	return min(1, atMost), min(1, atLeast)
}

// symmetricCut returns the largest k ≥ 1 such that 1 − 2·P(S < k) ≥ confidence for a symmetric
// distribution over 0, 1, 2, …, or 1 if there is none, and that probability, at least 0.
func symmetricCut(p []float64, confidence float64) (k int, covered float64) {
	below := p[0]
	for k = 1; k < (len(p)+1)/2; k++ {
		next := below + p[k]
		if 1-2*next < confidence {
			break
		}
		below = next
	}
	return k, max(0, 1-2*below)
}

// cutNormal is like symmetricCut for the normal approximation with continuity correction.
func cutNormal(mean, sd, confidence float64) (k int, covered float64) {
	z := math.Sqrt2 * math.Erfinv(confidence)
	k = max(1, int(math.Floor(mean+0.5-z*sd)))
	return k, max(0, 1-2*normalTail((mean-float64(k)+0.5)/sd))
}

// normalTail returns P(Z ≥ z) of the standard normal distribution.
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
