package stats

import (
	"math"
	"sort"
)

// Holm adjusts the p-values of several tests, so that calling every test with an
// adjusted p of at most α a discovery makes any false discovery at all with
// probability α at most, however the tests depend on each other. The smallest of
// m is multiplied by m, the next by m−1, and so on; none ends up below a smaller
// one's, nor above 1. The result is in the order given; ps is not modified. NaN,
// a test that could not be made, counts as 1.
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
