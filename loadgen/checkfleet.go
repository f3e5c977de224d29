package loadgen

import (
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// CheckFleet returns the reasons why agents cannot share the scenarios.
func CheckFleet(list []*scenarios.Scenario, agents int) (refused scenarios.Problems) {
	for _, s := range list {
		for _, c := range s.Cells() {
			if key, reason := unshareable(c, agents); key != "" {
				refused = append(refused, s.Of(c).Problem(key, "%s", reason))
				break
			}
		}
	}
	return refused
}

// unshareable returns why agents cannot share a cell, with the key that is to blame; empty if they can.
func unshareable(c scenarios.Cell, agents int) (key, reason string) {
	switch {
	case c.Connections < agents:
		return "load.connections", "found " + result.Plural(c.Connections, "connection") + "; expected at least one for each of the " +
			result.Plural(agents, "agent") + ", or fewer agents"
	case c.Pattern == string(proto.Fanout) && c.From == "" && c.API != "" && c.API != cell.Reference:
		return "pattern", "fanout over api " + c.API + " cannot be shared by agents, because only the first client sends; " +
			"expected groups with `deliver`, whose senders are shared too, or no agents"
	}
	return "", ""
}
