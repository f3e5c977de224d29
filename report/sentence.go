package report

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

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
func (g *Group) Sentence() string { return g.answer(true) }

// Front is Sentence without the ratios of the protocols that are behind.
func (g *Group) Front() string { return strings.TrimSuffix(g.answer(false), ".") }

func (g *Group) answer(ratios bool) string {
	speedBy, costBy := criteria(g.Config())
	speed, haveSpeed := g.rank(speedBy)
	cost, haveCost := g.rank(costBy)
	enough := haveSpeed && speed.enough() || haveCost && cost.enough()
	var parts []string
	switch both := haveSpeed && haveCost; {
	case !haveSpeed && !haveCost:
		return g.againstFloor(speedBy, costBy)
	case !enough:
		return g.tooFew(min(speed.pairs, cost.pairs))
	case both && speed.decided() && cost.decided() && speed.front[0] == cost.front[0]:
		return speed.first() + " is fastest and needs the least server CPU" + g.rest(speed, cost, ratios) + "."
	case both && sameFront(speed, cost) && speed.even() && cost.even():
		return fmt.Sprintf("%s are equally fast (%s) and need the same server CPU (%s)%s.", speed.first(), speed.bound(), cost.bound(), g.rest(speed, cost, ratios))
	case both && sameFront(speed, cost) && !speed.even() && !cost.even():
		return fmt.Sprintf("which of %s is faster or cheaper cannot be told%s.", speed.first(), g.rest(speed, cost, ratios))
	}
	if haveSpeed {
		parts = append(parts, speed.claim("is fastest", "are equally fast", "fastest", ratios))
	}
	if haveCost {
		parts = append(parts, cost.claim("needs the least server CPU", "need the same server CPU", "cheapest", ratios))
	}
	return strings.Join(parts, "; ") + "."
}

// tooFew says how many repetitions an order needs.
func (g *Group) tooFew(pairs int) string {
	ran := 0
	for _, c := range g.Cells {
		ran = max(ran, len(c.Repetitions))
	}
	have := result.Plural(pairs, "repetition")
	if pairs < ran {
		have = fmt.Sprintf("the %d usable of %s", pairs, result.Plural(ran, "repetition"))
	}
	return fmt.Sprintf("no order can be told from %s, %d are needed (--profile release).", have, metric.MinPairs)
}

// againstFloor compares the only protocol of the group with the floor, by the values of the table; empty
// without a floor.
func (g *Group) againstFloor(speed, cost metric.Metric) string {
	floor := slices.Index(g.names(), FloorProtocol)
	if floor < 0 || len(g.Cells) != 2 {
		return g.alone()
	}
	at, few := 1-floor, false
	var parts []string
	for _, m := range []metric.Metric{speed, cost} {
		in, _, _ := m.Ratio(g.Cells[at].Cell, g.Cells[floor].Cell, metric.MinLead)
		text := g.times(m, at, floor)
		if text == result.Unknown {
			continue
		}
		what := "the server CPU"
		if m.Name == speed.Name {
			what = briefly(m, g.Config())
		}
		if text += " " + what; in.N >= metric.MinPairs && in.Low <= 1 && in.High >= 1 {
			text = "no difference shown in " + what
		}
		few = few || in.N < metric.MinPairs
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return ""
	}
	if few {
		parts = append(parts, fmt.Sprintf("uncertain with fewer than %d usable repetitions", metric.MinPairs))
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

// claim says who is in front by one criterion, and by how much.
func (o order) claim(one, several, superlative string, ratios bool) string {
	var aside []string
	text := "which of " + o.first() + " is " + superlative + " cannot be told"
	switch {
	case len(o.front) == 1:
		text = o.first() + " " + one
	case o.even():
		text, aside = o.first()+" "+several, []string{o.bound()}
	}
	if list := o.ratios(); ratios && list != "" {
		aside = append(aside, list)
	}
	if len(aside) > 0 {
		text += " (" + strings.Join(aside, "; ") + ")"
	}
	return text
}

// ratios lists the cells that are behind, with their ratios to the best.
func (o order) ratios() string {
	parts := make([]string, len(o.behind))
	for at, i := range slices.Sorted(slices.Values(o.behind)) {
		parts[at] = o.names[i] + " " + o.ratio[i]
	}
	text := strings.Join(parts, ", ")
	if o.by.Percentile > 0 && text != "" {
		text = o.by.In(o.config).Head + ": " + text
	}
	return text
}

// rest lists the cells that are behind by either criterion, with their ratios to the best.
func (g *Group) rest(speed, cost order, ratios bool) string {
	var parts []string
	for i, c := range g.Cells {
		var list []string
		if slices.Contains(speed.behind, i) {
			list = append(list, speed.ratio[i]+" "+briefly(speed.by, c.Config))
		}
		if slices.Contains(cost.behind, i) {
			list = append(list, cost.ratio[i]+" the CPU")
		}
		if len(list) > 0 {
			parts = append(parts, g.names()[i]+" "+strings.Join(list, " and "))
		}
	}
	if len(parts) == 0 || !ratios {
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

// JoinAnd joins words with commas and a final "and": a, b and c.
func JoinAnd(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
