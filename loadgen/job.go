package loadgen

import (
	"rtbench/loadgen/script"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A job is one repetition of one cell.
type job struct {
	scenario   *scenarios.Scenario
	cell       scenarios.Cell
	result     *result.Result // contains resultCell
	resultCell *result.Cell
	index      int
	side       string
	server     []string // the command that starts a reference server
	shell      string   // a shell command line that replaces server
	target     *target.Custom
}

func (j job) guide() bool { return j.cell.API == "guide" }

// sharedStart reports whether calls carry the plan's origin, so that client and server compute the
// same intended times.
func (j job) sharedStart() bool { return !j.custom() }

// opening returns the opening steps.
func (j job) opening() []script.Step {
	if j.target == nil {
		return nil
	}
	return j.target.Script.Opening
}

func (j job) custom() bool { return j.cell.API == "custom" }

// text reports whether messages have the text encoding.
func (j job) text() bool { return j.cell.Encoding != "binary" || j.scripted() }

// scripted reports whether the scenario defines messages. A message of minimum length then stands
// for each.
func (j job) scripted() bool { return j.custom() && len(j.scenario.Custom.Messages) > 0 }

func (j job) newMessage() *proto.Message {
	if j.scripted() {
		return proto.NewMessage(0, true)
	}
	return proto.NewMessage(j.cell.Size, j.text())
}

func (j job) pattern() proto.Pattern { return proto.Pattern(j.cell.Pattern) }

// streams returns the number of streams on all connections.
func (j job) streams() int { return j.cell.Connections * j.cell.Streams }

func (j job) serverSpec() target.Spec {
	return target.Spec{Scenario: j.scenario, Cell: j.cell, Command: j.server, Shell: j.shell}
}

// matchesByOrder reports whether replies are matched by their order.
func (j job) matchesByOrder() bool { return j.custom() && j.scenario.Custom.Match.By == "order" }
