package scenarios

import (
	"runtime"
	"slices"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// checkTopology reports a topology beside streams per connection.
func (s *Scenario) checkTopology(r *spec.Reader) {
	if s.Topology != "" && slices.Max(values(s, "load.streams", s.Streams)) > 1 {
		r.At("load.topology", " with load.streams; expected one of them: with topology, connections is the number of streams")
	}
}

// spreadStreams gives cells with a topology their connections and streams. Protocols that do not
// multiplex have one cell for all topologies. Topologies that are the same on this machine have one cell.
func (s *Scenario) spreadStreams(cells []Cell) []Cell {
	topologies := values(s, "load.topology", s.Topology)
	var out []Cell
	for _, c := range cells {
		streams := c.Connections
		switch {
		case c.Topology == "":
			out = append(out, c)
			continue
		case !proto.Multiplexes(c.Protocol):
			if c.Topology == topologies[0] {
				c.Topology = cell.EachStream
				out = append(out, c)
			}
			continue
		}
		c.Connections = connectionsFor(c.Topology, streams)
		c.Streams = streams / c.Connections
		first := slices.IndexFunc(topologies, func(t string) bool { return connectionsFor(t, streams) == c.Connections })
		if topologies[first] == c.Topology {
			out = append(out, c)
		}
	}
	return out
}

// connectionsFor returns the number of connections of a topology. With a connection per core it is the
// largest divisor of streams up to the number of cores, so that all carry the same load.
func connectionsFor(topology string, streams int) int {
	n := streams
	switch topology {
	case cell.OneConnection:
		return 1
	case cell.EachCore:
		n = min(runtime.NumCPU(), streams)
	}
	for streams%n != 0 {
		n--
	}
	return n
}
