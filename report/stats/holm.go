package stats

import (
	"math"
	"sort"
)

// Holm returns the Holm-adjusted p-values of several tests, in the order given. Rejecting each test
// whose adjusted p-value is at most α makes any false rejection with probability at most α,
// whatever the dependence between the tests. The smallest of m p-values is multiplied by m, the
// next by m−1, and so on; the results are monotone and at most 1. NaN, a test that could not be
// made, counts as 1. ps is not modified.
//
// Source: Holm 1979.
func Holm(ps []float64) []float64 {
	adjusted := make([]float64, len(ps))
	order := make([]int, len(ps))
	for i, p := range ps {
		order[i] = i
		if adjusted[i] = p; math.IsNaN(p) {
			adjusted[i] = 1
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return adjusted[order[i]] < adjusted[order[j]] })
	least := 0.0
	for i, at := range order {
		least = max(least, min(1, adjusted[at]*float64(len(ps)-i)))
		adjusted[at] = least
	}
	return adjusted
}
