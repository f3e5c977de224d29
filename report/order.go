package report

import (
	"fmt"
	"math"
	"slices"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// An order ranks the cells of a group by a metric, as far as the repetitions that ran side by side
// tell. The floor is left out: it is no alternative.
type order struct {
	by     metric.Metric
	config result.Config
	names  []string
	// front are the cells that no other is shown to be ahead of, the best first, and behind the
	// others, each with the ratio of its value in the table to that of the first of the front.
	front, behind []int
	ratio         []string
	// spread is the ratio by which cells of the front are shown to differ at most: 1.08 is 8 %.
	spread float64
	// pairs is the smallest number of pairs of any comparison.
	pairs int
}

// rank returns the order of the group's cells by a metric; ok is false if fewer than two of them
// have it.
func (g *Group) rank(by metric.Metric) (o order, ok bool) {
	o = order{by: by, config: g.Config(), names: g.names(), ratio: make([]string, len(g.Cells)), spread: 1, pairs: math.MaxInt}
	var list []int
	for i, c := range g.Cells {
		if c.Config.Protocol != FloorProtocol && !math.IsNaN(g.Typical(by, i)) {
			list = append(list, i)
		}
	}
	if len(list) < 2 {
		return o, false
	}
	slices.SortStableFunc(list, func(a, b int) int { return by.Compare(g.Typical(by, a), g.Typical(by, b)) })
	for _, i := range list {
		beaten := slices.ContainsFunc(list, func(j int) bool { return j != i && g.ahead(by, j, i) })
		if beaten {
			o.behind = append(o.behind, i)
		} else {
			o.front = append(o.front, i)
		}
	}
	if len(o.front) == 0 { // in a circle, which noise can cause
		o.front, o.behind = list, nil
	}
	for _, i := range list {
		if i == o.front[0] {
			continue
		}
		in, _, _ := by.Ratio(g.Cells[i].Cell, g.Cells[o.front[0]].Cell, metric.MinLead)
		o.pairs = min(o.pairs, in.N)
		o.ratio[i] = g.times(by, i, o.front[0])
	}
	for at, i := range o.front {
		for _, j := range o.front[at+1:] {
			in, _, _ := by.Ratio(g.Cells[i].Cell, g.Cells[j].Cell, metric.MinLead)
			o.spread = max(o.spread, in.High, 1/in.Low)
		}
	}
	return o, true
}

// similar is the ratio up to which protocols that cannot be told apart are called equal, with the bound.
const similar = 1.25

// even reports whether the cells of the front are shown to be close to each other.
func (o order) even() bool { return o.enough() && o.spread <= similar }

// within says how close the cells of the front are: to the per cent, or to the next 5 % above, so that several
// loads say the same.
func (o order) within(precise bool) string {
	step := 5.0
	if precise {
		step = 1
	}
	return fmt.Sprintf("within %.0f %%", step*max(1, math.Ceil(100*(o.spread-1)/step)))
}

// ahead reports whether cell a is shown to be ahead of cell b.
func (g *Group) ahead(by metric.Metric, a, b int) bool {
	_, ahead, _ := by.Ratio(g.Cells[a].Cell, g.Cells[b].Cell, metric.MinLead)
	return ahead
}

// times returns the ratio of the values of cells a and b as the table shows them; of bounded ones, the
// bounds of the ratio.
func (g *Group) times(by metric.Metric, a, b int) string {
	aLow, aHigh := g.Bounds(by, a)
	bLow, bHigh := g.Bounds(by, b)
	low, high := aLow/bHigh, aHigh/bLow
	if low == high || !result.Number(low).Known() || !result.Number(high).Known() {
		return Ratio(high)
	}
	if low < 0.005 { // it would be shown as 0
		return "up to " + Ratio(high)
	}
	return fmt.Sprintf("%s to %.2f", Ratio(low), high)
}

// Bounds returns the bounds of the value of cell i, which are equal if it is known; NaN if it has none.
func (g *Group) Bounds(by metric.Metric, i int) (low, high float64) {
	if low, high, bounded := by.CellBounds(g.Cells[i]); bounded {
		return low, high
	}
	v := by.Value(g.Cells[i])
	return v, v
}

// Extent returns the bounds between which a bar shows the value of cell i: Bounds, or 0 and the upper
// bound if that is all that is known, or nothing beyond a lower bound.
func (g *Group) Extent(by metric.Metric, i int) (low, high float64) {
	if low, high = g.Bounds(by, i); math.IsNaN(high) {
		if most, ok := by.UpperBound(g.Cells[i]); ok {
			return 0, most
		}
		if least, ok := by.LowerBound(g.Cells[i]); ok {
			return least, least
		}
	}
	return low, high
}

// Typical returns the value of cell i, or the middle of its bounds; NaN if it has neither.
func (g *Group) Typical(by metric.Metric, i int) float64 {
	low, high := g.Bounds(by, i)
	if low == high {
		return high
	}
	return math.Sqrt(low * high)
}

// sameFront reports whether two orders have the same cells in front.
func sameFront(a, b order) bool {
	sorted := func(list []int) []int { return slices.Sorted(slices.Values(list)) }
	return slices.Equal(sorted(a.front), sorted(b.front))
}

// decided reports whether one cell is ahead of all others.
func (o order) decided() bool { return len(o.front) == 1 && o.enough() }

// enough reports whether there are enough pairs for an interval.
func (o order) enough() bool { return o.pairs >= metric.MinPairs }

// first joins the names of the cells of the front, in the order of the table.
func (o order) first(join func([]string) string) string {
	names := make([]string, len(o.front))
	for i, at := range slices.Sorted(slices.Values(o.front)) {
		names[i] = o.names[at]
	}
	return join(names)
}
