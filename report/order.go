package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// minLead is the ratio that a whole interval must exceed for one cell to be ahead of another: 5 %.
const minLead = 1.05

// An order ranks the cells of a group by a metric, as far as the repetitions that ran side by side
// tell. The floor is left out: it is no alternative.
type order struct {
	by    metric.Metric
	names []string
	// front are the cells that no other is shown to be ahead of, the best first, and behind the
	// others, each with the ratio of its value in the table to that of the first of the front.
	front, behind []int
	ratio         []string
	// within is the ratio by which cells of the front are shown to differ at most: 1.08 is 8 %.
	within float64
	// pairs is the smallest number of pairs of any comparison.
	pairs int
}

// rank returns the order of the group's cells by a metric; ok is false if fewer than two of them
// have it.
func (g *Group) rank(by metric.Metric) (o order, ok bool) {
	o = order{by: by, names: g.names(), ratio: make([]string, len(g.Cells)), within: 1, pairs: math.MaxInt}
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
		in, _, _ := by.Ratio(g.Cells[i].Cell, g.Cells[o.front[0]].Cell, minLead)
		o.pairs = min(o.pairs, in.N)
		o.ratio[i] = g.times(by, i, o.front[0])
	}
	for at, i := range o.front {
		for _, j := range o.front[at+1:] {
			in, _, _ := by.Ratio(g.Cells[i].Cell, g.Cells[j].Cell, minLead)
			o.within = max(o.within, in.High, 1/in.Low)
		}
	}
	return o, true
}

// similar is the ratio up to which protocols that cannot be told apart are called equal, with the bound.
const similar = 1.25

// even reports whether the cells of the front are shown to be close to each other.
func (o order) even() bool { return o.within <= similar }

// bound says how close the cells of the front are.
func (o order) bound() string {
	return fmt.Sprintf("(difference below %.2g %%)", math.Ceil(100*(o.within-1)))
}

// ahead reports whether cell a is shown to be ahead of cell b.
func (g *Group) ahead(by metric.Metric, a, b int) bool {
	_, ahead, _ := by.Ratio(g.Cells[a].Cell, g.Cells[b].Cell, minLead)
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
func (o order) decided() bool { return len(o.front) == 1 && o.pairs >= metric.MinPairs }

// enough reports whether there are enough pairs for an interval.
func (o order) enough() bool { return o.pairs >= metric.MinPairs }

// first names the cells of the front, in the order of the table.
func (o order) first() string {
	names := make([]string, len(o.front))
	for i, at := range slices.Sorted(slices.Values(o.front)) {
		names[i] = o.names[at]
	}
	return conjunction(names)
}

// criteria returns the metrics that decide between protocols under a load: in an open loop the time
// and the server's cost of the same work, in a closed loop how much of it.
func criteria(c result.Config) (speed, cost metric.Metric) {
	speed = metric.Time(50)
	if c.Model == "closed" {
		speed = metric.For(quantity.Throughput)
	}
	return speed, metric.For(quantity.ServerCPU)
}

// Sentence answers which of the group's protocols to take, as far as the measurement tells. A single
// one is compared with the floor, if the group has it.
func (g *Group) Sentence() string {
	speedBy, costBy := criteria(g.Config())
	speed, haveSpeed := g.rank(speedBy)
	cost, haveCost := g.rank(costBy)
	switch {
	case !haveSpeed && !haveCost:
		return g.againstFloor(speedBy, costBy)
	case !haveCost:
		return speed.claim("is fastest", "are equally fast", "fastest") + g.rest(speed, order{}) + "."
	case !haveSpeed:
		return cost.claim("needs the least server CPU", "need the same server CPU", "cheapest") + g.rest(order{}, cost) + "."
	case !speed.enough() && !cost.enough():
		return fmt.Sprintf("no order can be told from %s, %d are needed (--profile release).", result.Plural(max(speed.pairs, cost.pairs), "repetition"), metric.MinPairs)
	case speed.decided() && cost.decided() && speed.front[0] == cost.front[0]:
		return speed.first() + " is fastest and needs the least server CPU" + g.rest(speed, cost) + "."
	case sameFront(speed, cost) && speed.even() && cost.even():
		return fmt.Sprintf("%s are equally fast %s and need the same server CPU %s%s.", speed.first(), speed.bound(), cost.bound(), g.rest(speed, cost))
	case sameFront(speed, cost) && !speed.even() && !cost.even():
		return fmt.Sprintf("which of %s is faster or cheaper cannot be told%s.", speed.first(), g.rest(speed, cost))
	}
	return speed.claim("is fastest", "are equally fast", "fastest") + "; " +
		cost.claim("needs the least server CPU", "need the same server CPU", "cheapest") + g.rest(speed, cost) + "."
}

// againstFloor compares the only protocol of the group with the floor, by medians over the repetitions;
// empty without a floor.
func (g *Group) againstFloor(speed, cost metric.Metric) string {
	floor := slices.Index(g.names(), FloorProtocol)
	if floor < 0 || len(g.Cells) != 2 {
		return g.alone()
	}
	at := 1 - floor
	var parts []string
	for _, m := range []metric.Metric{speed, cost} {
		in, _, _ := m.Ratio(g.Cells[at].Cell, g.Cells[floor].Cell, minLead)
		if math.IsNaN(in.Median) {
			continue
		}
		what := "the server CPU"
		if m.Name == speed.Name {
			what = briefly(m, g.Config())
		}
		text := Ratio(in.Median) + " " + what
		if in.N >= metric.MinPairs && in.Low <= 1 && in.High >= 1 {
			text = "no difference shown in " + what
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return ""
	}
	return g.names()[at] + " compared with raw TCP: " + strings.Join(parts, ", ") + "."
}

// alone describes the only cell of the group; empty if there are others.
func (g *Group) alone() string {
	if len(g.Cells) != 1 {
		return ""
	}
	var all []result.Counters
	for _, r := range g.Cells[0].Usable() {
		all = append(all, r.Counters)
	}
	n := result.Sum(all...)
	if n.Due == 0 {
		return ""
	}
	failed := "no failures"
	if n.Failed > 0 {
		failed = fmt.Sprintf("%d failed (%.3g %%)", n.Failed, 100*n.FailedRate())
	}
	return fmt.Sprintf("%s messages, %s.", result.Grouped(n.Due), failed)
}

// Front says which of the group's protocols are in front; empty for a single one.
func (g *Group) Front() string {
	sentence, _, _ := strings.Cut(strings.TrimSuffix(g.Sentence(), "."), ":")
	return sentence
}

// claim says who is in front by one criterion.
func (o order) claim(one, several, superlative string) string {
	switch {
	case len(o.front) == 1:
		return o.first() + " " + one
	case o.even():
		return o.first() + " " + several + " " + o.bound()
	}
	return "which of " + o.first() + " is " + superlative + " cannot be told"
}

// rest lists the cells that are behind by either criterion, with their ratios to the best.
func (g *Group) rest(speed, cost order) string {
	var parts []string
	for i, c := range g.Cells {
		var ratios []string
		if slices.Contains(speed.behind, i) {
			ratios = append(ratios, speed.ratio[i]+" "+briefly(speed.by, c.Config))
		}
		if slices.Contains(cost.behind, i) {
			ratios = append(ratios, cost.ratio[i]+" the CPU")
		}
		if len(ratios) > 0 {
			parts = append(parts, g.names()[i]+" "+strings.Join(ratios, " and "))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// briefly names a metric in a sentence.
func briefly(m metric.Metric, c result.Config) string {
	if m.Percentile > 0 {
		return "the " + m.In(c).Head
	}
	return "the messages"
}

// rowNames returns the names of the group's cells, with the floor marked.
func (g *Group) rowNames() []string {
	names := g.names()
	for i, name := range names {
		if name == FloorProtocol && len(names) > 1 {
			names[i] += " (floor)"
		}
	}
	return names
}

// names returns a name for each of the group's cells: its protocol.
func (g *Group) names() []string {
	names := make([]string, len(g.Cells))
	for i, c := range g.Cells {
		names[i] = c.Config.Protocol
	}
	return names
}

// conjunction joins names: a, b and c.
func conjunction(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
