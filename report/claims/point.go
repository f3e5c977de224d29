package claims

import (
	"cmp"
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A place is a point of the grid without topology and metric: all of its cells did the same work.
type place struct {
	load, traffic, encoding string
	arrivals                string
	rate                    float64
	streams, size           int
	think                   string
	tls                     bool
}

// A point is a place with a topology, and its cells.
type point struct {
	place
	topology string
	cells    []metric.Cell
}

// A trafficName returns the value of the traffic axis.
type trafficName func(result.Config) string

func byPattern(c result.Config) string  { return c.Pattern }
func byScenario(c result.Config) string { return c.Scenario }

// pointsOf returns the points of the cells of r that satisfy keep, in the order of r. r may be nil. Cells
// of custom targets are left out: the guide's claims are not about them.
func pointsOf(r *result.Result, traffic trafficName, keep func(result.Config) bool) []point {
	if r == nil {
		return nil
	}
	var places []place
	cells := map[place][]metric.Cell{}
	for _, c := range r.Cells {
		if c.Config.API == result.CustomAPI || c.Config.Group != "" || metricsOf(c.Config) == nil || !keep(c.Config) {
			continue
		}
		at := placeOf(c.Config, traffic)
		if cells[at] == nil {
			places = append(places, at)
		}
		cells[at] = append(cells[at], metric.Merge(c))
	}
	var out []point
	for _, at := range places {
		for _, topology := range topologiesOf(cells[at], r.Environment.Cores) {
			out = append(out, point{at, topology, in(cells[at], topology, r.Environment.Cores)})
		}
	}
	return out
}

func placeOf(c result.Config, traffic trafficName) place {
	return place{
		load: loadName(c), traffic: traffic(c), encoding: c.Encoding, arrivals: strings.TrimSpace(c.Arrivals + " " + c.Wave), rate: c.Rate,
		streams: c.Connections * c.Streams, size: c.Size, think: c.Think.String(), tls: c.TLS,
	}
}

// topologiesOf returns the topologies of the cells, in the order of Topologies.
func topologiesOf(cells []metric.Cell, cores int) []string {
	var there, out []string
	for _, c := range cells {
		if proto.Multiplexes(c.Config.Protocol) {
			there = append(there, topologyOf(c.Config, cores))
		}
	}
	if len(there) == 0 {
		return []string{Topologies[0].Name}
	}
	for _, t := range Topologies {
		if slices.Contains(there, t.Name) {
			out = append(out, t.Name)
		}
	}
	return result.Unique(slices.Concat(out, there))
}

// measures reports whether any repetition is long enough for the metric: a percentile needs a number of
// independent messages.
func (p point) measures(m metric.Metric) bool {
	return m.Percentile == 0 || slices.ContainsFunc(p.cells, func(c metric.Cell) bool {
		return slices.ContainsFunc(c.Usable(), func(r *result.Repetition) bool {
			return r.Independent(m.Percentile) >= result.SamplesFor(m.Percentile)
		})
	})
}

// in returns the cells that compete in a topology: all cells of protocols that do not multiplex, and
// those of the others that have it.
func in(cells []metric.Cell, topology string, cores int) []metric.Cell {
	return slices.DeleteFunc(slices.Clone(cells), func(c metric.Cell) bool {
		return proto.Multiplexes(c.Config.Protocol) && topologyOf(c.Config, cores) != topology
	})
}

// stacks selects the cells that stand for a protocol.
type stacks func([]metric.Cell) []metric.Cell

// stock selects the libraries that people use: every stack but rtbench's own.
func stock(cells []metric.Cell) []metric.Cell {
	return withStack(cells, func(stack string) bool { return stack != proto.Lean })
}

func lean(cells []metric.Cell) []metric.Cell {
	return withStack(cells, func(stack string) bool { return stack == proto.Lean })
}

// only returns a selection of one stack, or of the stock stacks if a protocol lacks it.
func only(name string) stacks {
	return func(cells []metric.Cell) []metric.Cell {
		if found := withStack(cells, func(stack string) bool { return stack == name }); len(found) > 0 {
			return found
		}
		return stock(cells)
	}
}

func withStack(cells []metric.Cell, keep func(stack string) bool) []metric.Cell {
	return slices.DeleteFunc(slices.Clone(cells), func(c metric.Cell) bool { return !keep(stackOf(c.Config)) })
}

// contenders returns the cells that stand for a protocol of the guide's table.
func (p point) contenders(protocol string, by stacks) []metric.Cell {
	i := slices.IndexFunc(Protocols, func(c Column) bool { return c.ID == protocol })
	return by(slices.DeleteFunc(slices.Clone(p.cells), func(c metric.Cell) bool {
		return !slices.Contains(Protocols[i].Wire, c.Config.Protocol)
	}))
}

// stackOf returns the stack of a cell.
func stackOf(c result.Config) string { return cmp.Or(c.Stack, proto.Stock) }
