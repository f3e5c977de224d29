package loadgen

import (
	"rtbench/report/result"
	"rtbench/scenarios"
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
	if c.Connections < agents {
		return "load.connections", "found " + result.Plural(c.Connections, "connection") + "; expected at least one for each of the " +
			result.Plural(agents, "agent") + ", or fewer agents"
	}
	if c.Churns() && c.From != "" {
		return "join", "agents cannot share users who come and go in a group with deliver, because each knows only what its own senders had sent when " +
			"a user joined or left, and not exactly what was due to it; expected `pattern: push` or fanout instead of deliver, no join, or no agents"
	}
	return "", ""
}
