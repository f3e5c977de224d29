package loadgen

import (
	"strings"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/target"
	"rtbench/proto"
)

// What the ends of a cell's streams do: who sends, and where what was sent is measured.
// The patterns of the neutral workload say it by themselves; in the guide's contract a
// chat room is spoken to by a client, and an upload answered as a whole.

func (j job) guide() bool { return j.point.API == "guide" }

// own says that the server is the user's: messages are the scenario's.
func (j job) own() bool { return j.point.API == "custom" }

// sends says whether the client sends on the stream of that share.
func (j job) sends(share int) bool {
	return !j.pattern().FromServer() || (j.publishes() && share == 0)
}

// publishes says that the first client's messages go to the streams of all.
func (j job) publishes() bool { return (j.guide() || j.own()) && j.pattern() == proto.Fanout }

// summarized says that what the client sends is measured at the server, which sends a
// Summary.
func (j job) summarized() bool { return j.pattern() == proto.Upload && !j.guide() && !j.own() }

// sendWaits says that a Send waits for the peer.
func (r *repetition) sendWaits() bool {
	j := r.job
	if j.own() {
		return driver.SendWaits(r.exchanges[0].stream())
	}
	row, _ := proto.ProtocolByName(j.point.Protocol)
	return row.SendBlocks || (j.guide() && j.pattern() == proto.Upload)
}

// text says that messages have the text form.
func (j job) text() bool { return j.point.Encoding != "binary" || j.scripted() }

// arrives says that what comes answers nothing: it is timed from the message before, or by
// its stamp.
func (j job) arrives() bool {
	return j.own() && (j.pattern() == proto.Push || j.scenario.Custom.Match.By == "none")
}

// pushes says that a server of the user's own sends by itself, and the client does not.
func (j job) pushes() bool { return j.own() && !j.sends(0) }

// endsSending says that the streams are to be told, when all is sent, that no more comes: in
// a closed loop each tells it by itself.
func (j job) endsSending() bool {
	return (j.sends(0) && j.point.Model == "open") || j.parts()
}

// awaitsReplies reports whether the client knows, once all is sent, which messages may still
// arrive. In a closed loop with a reference server each stream ends by itself.
func (j job) awaitsReplies() bool {
	switch {
	case j.pushes():
		return true
	case j.point.Model != "open":
		return j.own()
	}
	return j.sends(0) && !j.summarized()
}

// parts says that there are steps to be done on streams on which nothing is sent.
func (j job) parts() bool { return j.pushes() && len(j.scenario.Custom.Closing) > 0 }

// endless says that a server of the user's own is not told, or does not end its streams: it
// sends by itself.
func (j job) endless() bool {
	return j.own() && (strings.HasPrefix(j.point.Protocol, "sse") || j.pushes() && !j.parts())
}

// scripted says that the scenario has messages of its own, which a measured message of the
// shortest length stands for.
func (j job) scripted() bool { return j.own() && len(j.scenario.Custom.Messages) > 0 }

func (j job) newMessage() *proto.Message {
	if j.scripted() {
		return proto.NewMessage(0, true)
	}
	return proto.NewMessage(j.point.Size, j.text())
}

func (j job) pattern() proto.Pattern { return proto.Pattern(j.point.Pattern) }

// allStreams is how many streams the job's cell has on all its connections.
func (j job) allStreams() int { return j.point.Connections * j.point.Streams }

func (j job) serverSpec() target.Spec {
	return target.Spec{Scenario: j.scenario, Cell: j.point, Command: j.server, Shell: j.shell}
}
