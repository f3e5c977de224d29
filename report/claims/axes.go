package claims

import (
	"fmt"

	"rtbench/proto"
	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// gridAxes are the axes of the grid over which performance and use cases are judged. Each point of the
// grid is a question: is the protocol as far ahead as the guide says?
var gridAxes = []string{"load", "topology", "traffic", "encoding", "metric"}

// Metrics of the grid.
var (
	serverCPU = metric.For(quantity.ServerCPU)
	bothCPU   = metric.For(metric.BothCPU)
	typical   = metric.Time(50)
	tail      = metric.Time(90) // repetitions of the guide's suites are too short to compare p99
)

// loads are the values of the load axis, with the metrics that compare protocols there. At capacity the
// CPU time of both ends limits the messages/s of the two together; how many the server alone could take
// is unknown where the client is as busy.
var loads = []struct {
	model, name string
	metrics     []metric.Metric
}{
	{"open", "at equal load", []metric.Metric{serverCPU, typical, tail}},
	{"closed", "at capacity", []metric.Metric{bothCPU, serverCPU}},
}

// loadName returns the value of the load axis.
func loadName(c result.Config) string {
	for _, l := range loads {
		if l.model == c.Model {
			return l.name
		}
	}
	return c.Model
}

// metricsOf returns the metrics that compare protocols under this load.
func metricsOf(c result.Config) []metric.Metric {
	for _, l := range loads {
		if l.model == c.Model {
			return l.metrics
		}
	}
	return nil
}

// A Topology is how protocols that multiplex spread streams over connections. The others always have a
// connection per stream.
type Topology struct{ ID, Name string }

// Topologies are the values of the topology axis that the guide's suites measure.
var Topologies = []Topology{
	{"each", "a connection per stream"},
	{"one", "all streams on one connection"},
	{"core", "a connection per core"},
}

// topologyOf returns the name of the topology of a cell that was measured on a machine with that many
// cores.
func topologyOf(c result.Config, cores int) string {
	for _, t := range Topologies {
		if t.ID == c.Topology {
			return t.Name
		}
	}
	switch {
	case c.Streams <= 1 || !proto.Multiplexes(c.Protocol):
		return Topologies[0].Name
	case c.Connections == 1:
		return Topologies[1].Name
	case c.Connections == cores:
		return Topologies[2].Name
	}
	return fmt.Sprintf("%d streams per connection", c.Streams)
}
