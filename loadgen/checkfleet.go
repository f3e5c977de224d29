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
		instead := "groups with `deliver`, which may have one sender for each agent"
		if c.API == cell.Guide {
			instead = "pattern echo or push"
		}
		return "pattern", "fanout over api " + c.API + " cannot be shared by agents, because only the first client sends, and the others " +
			"cannot know what they miss; expected " + instead + ", or no agents"
	}
	return "", ""
}
