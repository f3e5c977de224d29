package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// Sentence answers which of the group's protocols to take, and how sure that is, as far as the measurement
// tells. A single one is compared with the floor, if the group has it, or described.
func (g *Group) Sentence() string {
	speed, cost := g.criteria()
	parts, sure := g.answer(speed, cost, true)
	switch {
	case len(parts) == 0:
		return cmp.Or(g.againstFloor(), g.alone())
	case sure:
		parts = append(parts, confidence)
	}
	return strings.Join(parts, "; ") + "."
}

// confidence is that of each comparison, after the answer.
var confidence = fmt.Sprintf("%.0f %% confidence", 100*metric.Confidence)

// answer joins the statements of two orders, with or without ratios.
func (g *Group) answer(speed, cost criterion, ratios bool) (parts []string, sure bool) {
	sure = speed.sure() || cost.sure()
	switch {
	case !speed.known && !cost.known:
		return nil, false
	case sure:
	case !speed.enough() && !cost.enough():
		return []string{g.tooFew(speed, cost, ratios)}, false
	}
	names := speed.first(JoinAnd)
	switch {
	case speed.opens(cost):
		return []string{speed.first(joinOr) + " " + speed.one + " and " + cost.one + " " + undecidedAside + ", not " + joinOr(speed.last()) + aside(g.behind(speed, cost, ratios)...)}, sure
	case speed.agrees(cost) && speed.standing() == oneAhead:
		return []string{names + " " + speed.one + " and " + cost.one + aside(g.behind(speed, cost, ratios)...)}, sure
	case speed.agrees(cost):
		within := speed.unit + " " + speed.within(ratios) + ", " + cost.unit + " " + cost.within(ratios)
		return []string{names + " " + speed.several + " and " + cost.several + aside(append([]string{within}, g.behind(speed, cost, ratios)...)...)}, sure
	case speed.known && cost.known && !sure && sameFront(speed.order, cost.order):
		return []string{"which of " + names + " " + speed.one + " or " + cost.one + " cannot be told"}, sure
	}
	for _, c := range []criterion{speed, cost} {
		if c.known {
			parts = append(parts, c.text(ratios))
		}
	}
	return parts, sure
}

// aside returns a list in parentheses; empty without any.
func aside(list ...string) string {
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, "; ") + ")"
}

// behind lists the cells that are behind by either criterion, with their ratios to the first.
func (g *Group) behind(speed, cost criterion, ratios bool) (list []string) {
	if !ratios {
		return nil
	}
	var said []string
	for i, name := range g.names() {
		var by []string
		for _, c := range []criterion{speed, cost} {
			if slices.Contains(c.behind, i) {
				by = append(by, c.unit+" "+c.ratio[i])
			}
		}
		if len(by) > 0 {
			list, said = append(list, name+": "+strings.Join(by, ", ")), append(said, strings.Join(by, ", "))
		}
	}
	if len(said) == 1 && speed.opens(cost) {
		return said // its name was said
	}
	return list
}

// tooFew says how many repetitions an order needs; briefly for an answer about several loads.
func (g *Group) tooFew(speed, cost criterion, inFull bool) string {
	ran, pairs := 0, math.MaxInt
	for _, c := range g.Cells {
		ran = max(ran, len(c.Repetitions))
	}
	for _, c := range []criterion{speed, cost} {
		if c.known {
			pairs = min(pairs, c.pairs)
		}
	}
	switch {
	case pairs >= ran || ran < metric.MinPairs:
		return fmt.Sprintf("no order can be told from %s, %d are needed (--profile release)", result.Plural(ran, "repetition"), metric.MinPairs)
	case inFull:
		return fmt.Sprintf("no order can be told: %d of %s can be compared, %d are needed", pairs, result.Plural(ran, "repetition"), metric.MinPairs)
	}
	return fmt.Sprintf("no order can be told: fewer than %d repetitions can be compared", metric.MinPairs)
}

// againstFloor compares the only protocol of the group with the floor, by the values of the table; empty
// without a floor.
func (g *Group) againstFloor() string {
	floor := slices.Index(g.names(), FloorProtocol)
	if floor < 0 || len(g.Cells) != 2 {
		return ""
	}
	at, few := 1-floor, false
	var parts []string
	speed, cost := criteria(g.Config())
	for i, m := range []metric.Metric{speed, cost} {
		in, _, _ := m.Ratio(g.Cells[at].Cell, g.Cells[floor].Cell, metric.MinLead)
		ratio := g.times(m, at, floor)
		if ratio == result.Unknown {
			continue
		}
		what := []string{strings.TrimSuffix(m.In(g.Config()).Head, "/msg"), "server CPU"}[i]
		if in.N >= metric.MinPairs && in.Low <= 1 && in.High >= 1 {
			ratio = "no difference shown"
		}
		few = few || in.N < metric.MinPairs
		parts = append(parts, what+" "+ratio)
	}
	switch {
	case len(parts) == 0:
		return ""
	case few:
		parts = append(parts, fmt.Sprintf("not certain with fewer than %d usable repetitions", metric.MinPairs))
	default:
		parts = append(parts, confidence)
	}
	return g.names()[at] + " compared with raw TCP: " + strings.Join(parts, ", ") + "."
}

// alone describes the only cell of the group besides the floor; empty if there are several.
func (g *Group) alone() string {
	cells := slices.DeleteFunc(slices.Clone(g.Cells), func(c metric.Cell) bool { return c.Config.Protocol == FloorProtocol && len(g.Cells) > 1 })
	if len(cells) != 1 {
		return ""
	}
	var all []result.Counters
	for _, r := range cells[0].Usable() {
		all = append(all, r.Counters)
	}
	n := result.Sum(all...)
	if n.Due == 0 {
		return ""
	}
	text := fmt.Sprintf("%s messages, no failures.", result.Grouped(n.Due))
	if n.Failed > 0 {
		text = fmt.Sprintf("%s messages, %d failed (%.3g %%).", result.Grouped(n.Due), n.Failed, 100*n.FailedRate())
	}
	if times := took(cells[0]); times != "" {
		text = times + "; " + text
	}
	if len(g.Cells) > 1 {
		text = cells[0].Config.Protocol + ": " + text
	}
	return text
}

// took says how long the messages of a cell took; empty if unknown.
func took(c metric.Cell) string {
	at := func(p float64) string {
		if c.Config.Times == result.TimesGap {
			return result.Unknown
		}
		return strings.TrimPrefix(metric.Time(p).Text(c), result.AtMost) // up to
	}
	half, most := at(50), at(99)
	switch {
	case half == result.Unknown:
		return ""
	case most == result.Unknown:
		return "half of the messages took up to " + half
	}
	return "half of the messages took up to " + half + ", 99 % up to " + most
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

// JoinAnd joins words with commas and a final "and": a, b and c.
func JoinAnd(words []string) string { return join(words, "and") }

func joinOr(words []string) string { return join(words, "or") }

func join(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
