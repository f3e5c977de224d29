package loadgen

import (
	"strings"

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

// The methods below derive the traffic of a cell's streams from its pattern and API: which end
// sends, and which end measures.

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

// sends reports whether the client sends on the stream of that share.
func (j job) sends(share int) bool {
	return !j.pattern().FromServer() || (j.publishes() && share == 0)
}

// publishes reports whether the first stream's messages go to all streams.
func (j job) publishes() bool { return (j.guide() || j.custom()) && j.pattern() == proto.Fanout }

// measuredAtServer reports whether the server measures the client's messages and returns a
// Summary.
func (j job) measuredAtServer() bool { return j.pattern() == proto.Upload && !j.guide() && !j.custom() }

// text reports whether messages have the text encoding.
func (j job) text() bool { return j.cell.Encoding != "binary" || j.scripted() }

// timesArrivals reports whether received messages are not replies. They are timed from the
// previous message, or by their stamp.
func (j job) timesArrivals() bool {
	return j.custom() && (j.pattern() == proto.Push || j.scenario.Custom.Match.By == "none")
}

// serverPushes reports whether only the custom target sends.
func (j job) serverPushes() bool { return j.custom() && !j.sends(0) }

// halfCloses reports whether drain half-closes the streams. In a closed loop each stream does it
// itself.
func (j job) halfCloses() bool {
	return (j.sends(0) && j.cell.Model == "open") || j.hasClosingSteps()
}

// awaitsReplies reports whether the client knows which messages may still arrive after the last
// send. In a closed loop with a reference server each stream ends itself.
func (j job) awaitsReplies() bool {
	switch {
	case j.serverPushes():
		return true
	case j.cell.Model != "open":
		return j.custom()
	}
	return j.sends(0) && !j.measuredAtServer()
}

// hasClosingSteps reports whether there are closing steps on streams without a sender.
func (j job) hasClosingSteps() bool { return j.serverPushes() && len(j.scenario.Custom.Closing) > 0 }

// neverEnds reports whether a custom target does not end its streams after a half-close.
func (j job) neverEnds() bool {
	return j.custom() && (strings.HasPrefix(j.cell.Protocol, "sse") || j.serverPushes() && !j.hasClosingSteps())
}

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
