package scenarios

import (
	"slices"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// Deliver selects the messages that a group receives: those of another group. The zero value is none.
type Deliver struct {
	From  string // the group that sends them
	Field string // path of {{.Header}} in delivered messages of a custom target; empty: the whole message
}

func (d *Deliver) key() spec.Key {
	return spec.Key{
		Name: "deliver", Also: "delivers receive receives hear subscribe from", Value: spec.Section(
			spec.Key{Name: "from", Also: "group sender senders of", Value: spec.One(&d.From, nameText), Required: "the group that sends, such as {from: speakers}", Doc: "The group that sends the messages, with pattern echo in an open loop. Over a reference server each of its messages is returned and delivered."},
			spec.Key{Name: "field", Also: pathAlso + " header", Value: pathInto(&d.Field), Doc: "Custom targets: path of {{.Header}} in delivered messages, such as data.header. Default: the whole message, for rtbench's own."},
		),
		Doc: "In a group only: its streams receive the messages of another group, each those of its room. Measures the delivery time, from the time at which the message was due, and counts each message that does not arrive at a stream as lost. The pattern is fanout.",
	}
}

// inferFanout gives a group with deliver the pattern fanout, and drops what it inherits for sending.
func inferFanout(r *spec.Reader) {
	if spec.Child(r.Root, "deliver") == nil {
		return
	}
	for _, key := range []string{"pattern", "messages", "match", "stamp", "expect", "load"} {
		if r.Inherits(key) {
			r.Root = r.Without(r.Root, key)
		}
	}
	if spec.Child(r.Root, "pattern") == nil {
		r.Root = r.Merge(r.Root, spec.MapNode("pattern", spec.TextNode(string(proto.Fanout))))
	}
}

// maxDeliveries bounds the pairs of a sending and a receiving stream of a scenario, because each has a
// ledger.
const maxDeliveries = 2_000_000

// checkDelivery checks a group that receives the messages of another, and takes over their plan.
func (s *Scenario) checkDelivery(r *spec.Reader, g *Scenario) {
	if g.Pattern != string(proto.Fanout) {
		r.At("pattern", ": %s with deliver; expected fanout, or no pattern", g.Pattern)
	}
	for _, key := range []string{"load.rate", "load.model", "load.arrivals", "load.wave", "load.steps", "load.trace", "load.think", "load.seed", "messages", "match", "stamp", "expect"} {
		if r.Has(key) {
			r.At(key, " with deliver; expected none, because group %s sends the messages", g.From)
		}
	}
	i := slices.IndexFunc(s.Groups, func(o *Scenario) bool { return o.Group == g.From })
	switch {
	case i < 0:
		r.At("deliver.from", ": found %q; expected a group%s", g.From, spec.Nearest(g.From, s.groupNames...))
		return
	case s.Groups[i] == g:
		r.At("deliver.from", ": found the group itself; expected another group")
		return
	}
	from := s.Groups[i]
	switch {
	case g.API == cell.Guide:
		r.At("deliver", " with api: guide; expected api: reference or custom")
	case from.Pattern != string(proto.Echo) || from.Model != cell.Open:
		r.At("deliver.from", ": group %s has pattern %s in a loop that is %s; expected echo and open", g.From, from.Pattern, from.Model)
	case g.API == cell.Reference && g.Deliver.Field != "":
		r.At("deliver.field", " with api: reference; expected none, because the whole message is delivered")
	case g.API == cell.Custom:
		checkDelivered(r, g, from.Custom)
	}
	if n := g.streams() * from.streams() / max(1, s.Rooms); n > maxDeliveries {
		r.At("deliver", ": %d pairs of a sending and a receiving stream; expected at most %d, or more rooms", n, maxDeliveries)
	}
	g.Rate, g.Arrivals, g.Wave, g.Seed, g.Model = from.Rate, from.Arrivals, from.Wave, from.Seed, from.Model
	g.Size, g.Encoding = from.Size, from.Encoding
}

// checkDelivered reports messages that a receiver cannot recognize.
func checkDelivered(r *spec.Reader, g *Scenario, from *Target) {
	for _, m := range from.Messages {
		switch {
		case m.File != "" && !m.Raw || m.Text != "" && uses(m.Text, "Header"):
		default:
			r.At("deliver", ": the message of group %s in %s has no {{.Header}}; expected it there, because receivers know a message by it", g.From, m.At)
			return
		}
	}
	if len(from.Messages) > 0 && g.Deliver.Field == "" {
		r.At("deliver.field", " is missing; expected the path of {{.Header}} in delivered messages, such as {from: %s, field: data.header}", g.From)
	}
	g.Custom.Match = Match{By: "header", Field: g.Deliver.Field}
}

// streams returns the number of streams on all connections.
func (s *Scenario) streams() int { return s.Connections * s.Streams }

// checkRooms checks the number of rooms.
func (s *Scenario) checkRooms(r *spec.Reader) {
	delivers := func(g *Scenario) bool { return g.From != "" }
	if r.Has("rooms") && !slices.ContainsFunc(s.Groups, delivers) {
		r.At("rooms", " without a group that has deliver; expected one, such as {deliver: {from: %s}}", s.groupNames[0])
	}
	for _, g := range s.Groups {
		if s.Rooms > g.streams() {
			r.At("rooms", ": found %d, and group %s has %d streams; expected a stream of each group in each room", s.Rooms, g.Group, g.streams())
		}
	}
}
