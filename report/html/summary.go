package html

import (
	"strings"

	"rtbench/report"
	"rtbench/report/metric"
	"rtbench/report/result"
)

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
