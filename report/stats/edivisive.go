package stats

import (
	"math"
	"math/rand/v2"
	"sort"
)

// A Change is a point in a series from which the values have a different distribution.
type Change struct {
	// At is the index of the first value after the change.
	At int
	// P is the p-value of its permutation test.
	P float64
	// Before and After are the medians of the adjacent segments, up to the next change or the end.
	Before, After float64
}

// Changes returns the change points of a series, in order, without assuming a distribution. It
// repeatedly splits a segment such that the energy distance between its two sides is largest, and
// stops at the first split whose p-value exceeds level. The p-value is (1 + exceedances)/(1 +
// permutations) over random permutations of the values within the current segments, so permutations
// must be at least 1/level − 1: 99 for 1 %.
//
// A segment has at least minSegment values, and at least 2, so a single outlier is not a change.
// Changes takes O(n²) time per permutation and change, and O(n²) memory; it is meant for up to
// about a thousand values. The values must be finite and independent. Equal rng states give equal
// results. xs is not modified.
//
// Source: Matteson and James, A Nonparametric Approach for Multiple Change Point Analysis of
// Multivariate Data, JASA 109 (2014) 334, with α = 1.
func Changes(xs []float64, minSegment int, level float64, permutations int, rng *rand.Rand) []Change {
	e := energy{least: max(2, minSegment), sums: make([]float64, (len(xs)+1)*(len(xs)+1))}
	ends := []int{0, len(xs)} // segment boundaries
	found := map[int]float64{}
	for {
		at, distance := e.bestOf(xs, ends)
		if at < 0 {
			break
		}
		exceed := 1
		shuffled := append([]float64(nil), xs...)
		for range permutations {
			for i := 1; i < len(ends); i++ {
				part := shuffled[ends[i-1]:ends[i]]
				rng.Shuffle(len(part), func(a, b int) { part[a], part[b] = part[b], part[a] })
			}
			// The tolerance absorbs rounding if a permutation yields the same partition.
			if _, q := e.bestOf(shuffled, ends); q >= distance*(1-1e-9) {
				exceed++
			}
		}
		p := float64(exceed) / float64(permutations+1)
		if p > level {
			break
		}
		found[at] = p
		ends = append(ends, at)
		sort.Ints(ends)
	}
	return changesAt(xs, ends, found)
}

func changesAt(xs []float64, ends []int, found map[int]float64) []Change {
	var changes []Change
	for i := 1; i+1 < len(ends); i++ {
		changes = append(changes, Change{
			At: ends[i], P: found[ends[i]],
			Before: Median(xs[ends[i-1]:ends[i]]), After: Median(xs[ends[i]:ends[i+1]]),
		})
	}
	return changes
}

// An energy finds the split of a segment with the largest energy distance.
type energy struct {
	least int       // minimum number of values on a side
	sums  []float64 // sums of distances, see fill
	width int
}

// bestOf returns the best split of all segments and its energy distance. The split is −1 if there
// is none.
func (e *energy) bestOf(xs []float64, ends []int) (at int, distance float64) {
	at, distance = -1, math.Inf(-1)
	for i := 1; i < len(ends); i++ {
		if k, q := e.best(xs[ends[i-1]:ends[i]]); k >= 0 && q > distance {
			at, distance = ends[i-1]+k, q
		}
	}
	return at, distance
}

// best returns the best split k of a segment. As in the paper, it tries all prefixes xs[:end] too:
// if the right side always extended to the end, a second change could mask the first.
func (e *energy) best(xs []float64) (at int, distance float64) {
	e.fill(xs)
	at, distance = -1, math.Inf(-1)
	for k := e.least; k+e.least <= len(xs); k++ {
		left := float64(k)
		inLeft := e.sum(0, k, 0, k) / (left * (left - 1))
		for end := k + e.least; end <= len(xs); end++ {
			right := float64(end - k)
			across := 2 * e.sum(0, k, k, end) / (left * right)
			inRight := e.sum(k, end, k, end) / (right * (right - 1))
			if q := left * right / (left + right) * (across - inLeft - inRight); q > distance {
				at, distance = k, q
			}
		}
	}
	return at, distance
}

// fill sets sums[i·width+j] to the sum of |x[a] − x[b]| over a < i and b < j.
func (e *energy) fill(xs []float64) {
	e.width = len(xs) + 1
	for j := range e.width {
		e.sums[j] = 0
	}
	for i, x := range xs {
		above, row := e.sums[i*e.width:], e.sums[(i+1)*e.width:]
		run := 0.0
		row[0] = 0
		for j, y := range xs {
			run += math.Abs(x - y)
			row[j+1] = above[j+1] + run
		}
	}
}

// sum returns the sum of |x[a] − x[b]| over a in [a0, a1) and b in [b0, b1).
func (e *energy) sum(a0, a1, b0, b1 int) float64 {
	at := func(i, j int) float64 { return e.sums[i*e.width+j] }
	return at(a1, b1) - at(a0, b1) - at(a1, b0) + at(a0, b0)
}
