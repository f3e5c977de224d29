package html

import (
	"rtbench/report/result"
	"rtbench/report/stats"
)

// costs are the columns of section 5.
var costs = []struct {
	name   string
	value  func(*result.Repetition, result.Config) float64
	format func(float64) string
}{
	{"messages/s", perRepetition((*result.Repetition).Throughput), result.Count},
	{"server CPU per message", perRepetition(serverCPU), result.Duration},
	{"client CPU per message", perRepetition(clientCPU), result.Duration},
	{"wire bytes per message", perRepetition((*result.Repetition).WireBytesPerMessage), result.Count},
	{"server memory", perRepetition(func(r *result.Repetition) float64 { return orNaN(float64(r.Server.RSSBytes)) }), formatBytes},
	{"client memory", perRepetition(func(r *result.Repetition) float64 { return orNaN(float64(r.Client.RSSBytes)) }), formatBytes},
	{"server memory per connection", func(r *result.Repetition, c result.Config) float64 { return memory(r.Server, c) }, formatBytes},
	{"client memory per connection", func(r *result.Repetition, c result.Config) float64 { return memory(r.Client, c) }, formatBytes},
}

// perRepetition adapts a metric that does not depend on the configuration.
func perRepetition(f func(*result.Repetition) float64) func(*result.Repetition, result.Config) float64 {
	return func(r *result.Repetition, _ result.Config) float64 { return f(r) }
}

// memory returns the memory growth of a side per connection, if there are enough.
func memory(side result.Resources, c result.Config) float64 {
	streams := c.Connections * max(1, c.Streams)
	if streams < result.ManyStreams {
		streams = 0
	}
	return result.MemoryPerStream(side, streams) * float64(max(1, c.Streams))
}

// cost returns the table of section 5, with medians over repetitions.
func (g *group) cost() tableView {
	var v tableView
	for _, c := range costs {
		v.Heads = append(v.Heads, c.name)
	}
	for _, e := range g.entries {
		r := g.row(e)
		for _, c := range costs {
			r.add(stats.Median(e.cell.Values(func(rep *result.Repetition) float64 { return c.value(rep, e.cell.Config) })), c.format)
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}
