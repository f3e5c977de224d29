package report

import (
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// criteria returns the metrics that decide between protocols under a load: in an open loop, and of answers that a
// reference server plans, the time and the server's cost of the same work, in a closed loop how much of it.
func criteria(c result.Config) (speed, cost metric.Metric) {
	speed = metric.Time(50)
	if c.Model == "closed" && !c.HasPlan() {
		speed = metric.For(quantity.Throughput)
	}
	return speed, metric.For(quantity.ServerCPU)
}

// criteria returns the orders by speed and by cost. Gaps between messages are no speed: the server
// decides when it sends.
func (g *Group) criteria() (speed, cost criterion) {
	speedBy, costBy := criteria(g.Config())
	speed = criterion{one: "is fastest", several: "are equally fast", unit: speedBy.In(g.Config()).Head}
	if g.Config().Pattern == "generate" {
		speed.one, speed.several = "delivers tokens with the least delay", "deliver tokens with the same delay"
	}
	if speedBy.Percentile == 0 {
		speed = criterion{one: "handles the most messages", several: "handle equally many messages", unit: "messages", implied: true}
		if g.Config().Pattern == "generate" {
			speed.one, speed.several, speed.unit = "delivers the most tokens", "deliver equally many tokens", "tokens"
		}
	}
	cost = criterion{one: "needs the least server CPU", several: "need the same server CPU", unit: "CPU", implied: true}
	if speedBy.Percentile == 0 || g.Config().Times != result.TimesGap {
		speed.order, speed.known = g.rank(speedBy)
	}
	cost.order, cost.known = g.rank(costBy)
	return speed, cost
}

// A criterion is an order of protocols with the words for it.
type criterion struct {
	order
	known        bool
	one, several string // is fastest, are equally fast
	unit         string // of the ratios
	implied      bool   // the words name the unit
}

// A standing is the outcome of an order for the cells in front.
type standing int

const (
	oneAhead standing = iota // of all others
	allAlike                 // they are close to each other
	undecided
)

func (c criterion) standing() standing {
	switch {
	case c.decided():
		return oneAhead
	case c.even():
		return allAlike
	}
	return undecided
}

// enough reports whether the order is known from enough repetitions.
func (c criterion) enough() bool { return c.known && c.order.enough() }

// sure reports whether the order says anything that has confidence.
func (c criterion) sure() bool {
	return c.known && (c.standing() != undecided || len(c.behind) > 0)
}

// agrees reports whether another order says the same of the same protocols.
func (c criterion) agrees(o criterion) bool {
	return c.known && o.known && sameFront(c.order, o.order) && c.standing() == o.standing() && c.standing() != undecided
}

// undecidedAside follows protocols of which one is first.
const undecidedAside = "(undecided)"

// opens reports whether two orders leave open who of the same protocols is first, and know who is not.
func (c criterion) opens(o criterion) bool {
	return c.known && o.known && sameFront(c.order, o.order) && c.standing() == undecided && o.standing() == undecided &&
		len(c.behind) > 0 && len(o.behind) > 0
}

// last returns the names of the protocols that are not first.
func (c criterion) last() (names []string) {
	for _, i := range c.behind {
		names = append(names, c.names[i])
	}
	return names
}

// text says who is in front, and who is behind by how much.
func (c criterion) text(ratios bool) string {
	var names, times, both []string
	for _, i := range c.behind {
		names, times, both = append(names, c.names[i]), append(times, c.ratio[i]), append(both, c.names[i]+" "+c.ratio[i])
	}
	unit, front := c.unit, c.first(JoinAnd)
	if c.implied {
		unit = ""
	}
	switch is := c.standing(); {
	case is == oneAhead && ratios:
		return front + " " + c.one + aside(strings.TrimPrefix(unit+": ", ": ")+strings.Join(both, ", "))
	case is == oneAhead:
		return front + " " + c.one
	case is == allAlike:
		list := []string{strings.TrimSpace(unit + " " + c.within(ratios))}
		if ratios && len(both) > 0 {
			list = append(list, strings.Join(both, ", ")+" against "+c.names[c.front[0]])
		}
		return front + " " + c.several + aside(list...)
	case len(names) == 0:
		return "which of " + front + " " + c.one + " cannot be told"
	}
	if !ratios {
		return c.first(joinOr) + " " + c.one + " (undecided; not " + joinOr(names) + ")"
	}
	return c.first(joinOr) + " " + c.one + " " + undecidedAside + ", not " + joinOr(names) + aside(strings.TrimSpace(unit+" "+JoinAnd(times))+" against "+c.names[c.front[0]])
}
