package html

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// sentence summarizes the group's known metrics.
func (g *group) sentence() string {
	c := g.entries[0].Config
	verb := "answered with"
	again := "with"
	switch {
	case c.Times != "":
		verb, again = "sent", "sent"
	case c.FromServer():
		verb = "delivered with"
	}
	var times, cost []string
	for _, e := range g.floorLast() {
		if t := e.times(); t != "" {
			times = append(times, fmt.Sprintf("%s %s %s", g.named(e), verb, t))
			verb = again
		}
		if cpu := metric.For(quantity.ServerCPU).Value(e.Cell); !math.IsNaN(cpu) {
			cost = append(cost, fmt.Sprintf("%s %s", g.named(e), result.Duration(cpu)))
		}
	}
	text := strings.Join(times, "; ") + "."
	switch {
	case len(times) > 0:
	case g.EverOpened():
		text = "no times are known because too few messages were measured."
	default:
		text = "no stream could be opened."
	}
	if len(cost) > 0 {
		text += " Server CPU per message: " + strings.Join(cost, ", ") + "."
	}
	return text
}

// floorLast moves the floor to the end.
func (g *group) floorLast() []*entry {
	isOther := func(e *entry) bool { return !e.isFloor() }
	return append(slices.DeleteFunc(slices.Clone(g.entries), (*entry).isFloor), slices.DeleteFunc(slices.Clone(g.entries), isOther)...)
}

// named names an entry in a sentence and marks the floor and cells without a result.
func (g *group) named(e *entry) string {
	name := protocolName(e.Config.Protocol)
	if g.several {
		name += " in " + e.name
	}
	var aside []string
	if e.isFloor() && len(g.entries) > 1 {
		aside = append(aside, "the floor")
	}
	if e.Discarded() {
		aside = append(aside, e.Word().Title())
	}
	if len(aside) > 0 {
		name += " (" + strings.Join(aside, ", ") + ")"
	}
	return name
}

// times formats the entry's percentiles, and its rate unless the load determines it.
func (e *entry) times() string {
	var parts []string
	rate := metric.For(quantity.Throughput).Value(e.Cell)
	for _, p := range []float64{50, 99} {
		if d, ok := e.Percentile(e.Response, p); ok && d > 0 {
			parts = append(parts, fmt.Sprintf("p%g %s", p, result.Duration(float64(d))))
		}
	}
	text := strings.Join(parts, ", ")
	if e.Config.Times == result.TimesGap && text != "" {
		return fmt.Sprintf("%s/s at gaps of %s", result.Count(rate), text)
	}
	if e.Config.Times == result.TimesOneWay && text != "" {
		return fmt.Sprintf("%s/s at a one-way time of %s", result.Count(rate), text)
	}
	if e.Config.Model != "open" && text != "" {
		text = fmt.Sprintf("%s/s at %s", result.Count(rate), text)
	}
	return text
}

// leaders lists the protocols that are ahead of all others, with the metrics.
func (g *group) leaders() string {
	var by report.Grouped[string, string]
	for _, f := range metric.In(metric.Compare) {
		for _, w := range g.winners(f) {
			by.Add(g.named(w.entry), f.In(g.Config()).Label)
		}
	}
	switch {
	case !g.contested():
		return ""
	case len(by.Keys) == 0:
		return "No protocol is shown to be ahead of all others in any metric."
	}
	var names []string
	for _, name := range by.Keys {
		names = append(names, name+" in "+joinAnd(by.Of[name]))
	}
	return "Ahead of all others except the floor: " + strings.Join(names, "; ") + "."
}

// contested reports whether at least two protocols besides the floor are compared.
func (g *group) contested() bool {
	var protocols []string
	for _, e := range g.entries {
		if !e.isFloor() {
			protocols = append(protocols, e.Config.Protocol)
		}
	}
	return len(result.Unique(protocols)) > 1
}

// winners returns the winner of each result, since repetitions can be paired only within a result.
func (g *group) winners(f metric.Metric) []winner {
	var entries report.Grouped[int, *entry]
	for _, e := range g.entries {
		entries.Add(e.result, e)
	}
	var out []winner
	for _, r := range entries.Keys {
		if w, ok := winnerIn(f, entries.Of[r]); ok {
			out = append(out, w)
		}
	}
	return out
}

// protocolName returns a protocol's name for prose.
func protocolName(protocol string) string {
	names := map[string]string{"tcp": "raw TCP", "websocket": "WebSocket", "sse": "SSE", "sse-h2": "SSE over HTTP/2", "grpc": "gRPC"}
	if name, ok := names[protocol]; ok {
		return name
	}
	return protocol
}

// joinAnd joins words with commas and a final "and".
func joinAnd(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
