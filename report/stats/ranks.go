package stats

import (
	"math"
	"sort"
)

// doubledRanks returns twice the rank of each of xs, in the order of xs, so that
// the mean rank that equal values share is a whole number as well: 1, 1, 5 have
// the ranks 1½, 1½, 3, and 3, 3, 6 is returned.
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

// halved undoes the doubling if no rank needs it, which makes the sums of them
// half as many.
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

// wholeRanks is 1 … n: the ranks of n values that all differ.
func wholeRanks(n int) []int {
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return ranks
}

// signedSums is the distribution of the sum of the ranks that a fair coin picks:
// element s is the probability of the sum s. It adds one rank after the other,
// so it takes len(ranks) times the total of the ranks steps.
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

// subsetSums is the distribution of the sum of k of the ranks, each choice of k
// being as likely as the next: element s is the probability of the sum s.
func subsetSums(ranks []int, k int) []float64 {
	ascending := append([]int(nil), ranks...)
	sort.Ints(ascending)
	size := 1 + total(ascending[len(ascending)-k:])
	ways := make([][]float64, k+1) // ways[j][s]: choices of j ranks with the sum s
	for j := range ways {
		ways[j] = make([]float64, size)
	}
	ways[0][0] = 1
	top := 0 // no sum is above it yet
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

// tails is P(S ≤ s) and P(S ≥ s) of a distribution over 0, 1, 2, …
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

// symmetricCut finds how far in from both ends of a symmetric distribution over 0, 1, 2, …
// an interval may start: the largest k ≥ 1 with 1 − 2·P(S < k) at least
// confidence, or 1 if there is none, and that probability, never below 0.
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

// cutNormal is cut by the normal approximation with continuity correction.
func cutNormal(mean, sd, confidence float64) (k int, covered float64) {
	z := math.Sqrt2 * math.Erfinv(confidence)
	k = max(1, int(math.Floor(mean+0.5-z*sd)))
	return k, max(0, 1-2*normalTail((mean-float64(k)+0.5)/sd))
}

// normalTail is P(Z ≥ z) of the standard normal distribution.
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
