package loadgen

import (
	"context"
	"strings"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// job is one repetition of one cell.
type job struct {
	scenario   *scenarios.Scenario
	cell       scenarios.Cell
	result     *result.Result // that has the cell
	resultCell *result.Cell
	index      int
	side       string
	server     []string // the command that serves
	shell      string   // a command line that serves, in place of server
	target     *target.Custom
}

// What the ends of a cell's streams do: who sends, and where what was sent is measured.
// The patterns of the neutral workload say it by themselves; in the guide's contract a
// chat room is spoken to by a client, and an upload answered as a whole.

func (j job) guide() bool { return j.cell.API == "guide" }

// custom says that the server is the user's: messages are the scenario's.
func (j job) custom() bool { return j.cell.API == "custom" }

// sends says whether the client sends on the stream of that share.
func (j job) sends(share int) bool {
	return !j.pattern().FromServer() || (j.publishes() && share == 0)
}

// publishes says that the first client's messages go to the streams of all.
func (j job) publishes() bool { return (j.guide() || j.custom()) && j.pattern() == proto.Fanout }

// measuredAtServer says that what the client sends is measured at the server, which sends a
// Summary.
func (j job) measuredAtServer() bool { return j.pattern() == proto.Upload && !j.guide() && !j.custom() }

// sendWaits says that a Send waits for the peer.
func (r *repetition) sendWaits() bool {
	j := r.job
	if j.custom() {
		return driver.SendWaits(r.exchanges[0].stream())
	}
	row, _ := proto.ProtocolByName(j.cell.Protocol)
	return row.SendBlocks || (j.guide() && j.pattern() == proto.Upload)
}

// text says that messages have the text form.
func (j job) text() bool { return j.cell.Encoding != "binary" || j.scripted() }

// timesArrivals says that what comes answers nothing: it is timed from the message before, or by
// its stamp.
func (j job) timesArrivals() bool {
	return j.custom() && (j.pattern() == proto.Push || j.scenario.Custom.Match.By == "none")
}

// serverPushes says that a server of the user's own sends by itself, and the client does not.
func (j job) serverPushes() bool { return j.custom() && !j.sends(0) }

// halfCloses says that the streams are to be told, when all is sent, that no more comes: in
// a closed loop each tells it by itself.
func (j job) halfCloses() bool {
	return (j.sends(0) && j.cell.Model == "open") || j.hasClosingSteps()
}

// awaitsReplies reports whether the client knows, once all is sent, which messages may still
// arrive. In a closed loop with a reference server each stream ends by itself.
func (j job) awaitsReplies() bool {
	switch {
	case j.serverPushes():
		return true
	case j.cell.Model != "open":
		return j.custom()
	}
	return j.sends(0) && !j.measuredAtServer()
}

// hasClosingSteps says that there are steps to be done on streams on which nothing is sent.
func (j job) hasClosingSteps() bool { return j.serverPushes() && len(j.scenario.Custom.Closing) > 0 }

// neverEnds says that a server of the user's own is not told, or does not end its streams: it
// sends by itself.
func (j job) neverEnds() bool {
	return j.custom() && (strings.HasPrefix(j.cell.Protocol, "sse") || j.serverPushes() && !j.hasClosingSteps())
}

// scripted says that the scenario has messages of its own, which a measured message of the
// shortest length stands for.
func (j job) scripted() bool { return j.custom() && len(j.scenario.Custom.Messages) > 0 }

func (j job) newMessage() *proto.Message {
	if j.scripted() {
		return proto.NewMessage(0, true)
	}
	return proto.NewMessage(j.cell.Size, j.text())
}

func (j job) pattern() proto.Pattern { return proto.Pattern(j.cell.Pattern) }

// streams is how many streams the job's cell has on all its connections.
func (j job) streams() int { return j.cell.Connections * j.cell.Streams }

func (j job) serverSpec() target.Spec {
	return target.Spec{Scenario: j.scenario, Cell: j.cell, Command: j.server, Shell: j.shell}
}

// matchesByOrder reports whether replies of a custom target are told apart by their order.
func (j job) matchesByOrder() bool { return j.custom() && j.scenario.Custom.Match.By == "order" }

// runJob starts a server, or finds the target, and runs one repetition. Only a
// target that cannot be reached is an error, and an interruption before the server is found.
func runJob(ctx context.Context, opts Options, j job, st Status) (*result.Repetition, error) {
	st.Phase = "server"
	opts.notify(st)
	rep := &result.Repetition{Started: time.Now()}
	srv, err := target.Find(ctx, j.serverSpec())
	if err != nil {
		if j.scenario.Address != "" || ctx.Err() != nil {
			return nil, err
		}
		rep.Error = err.Error()
		return rep, nil
	}
	defer srv.Stop()
	// A server that dies ends the repetition with its reason.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go srv.CancelOnExit(ctx, cancel)
	r := &repetition{job: j, opts: opts, status: st, server: srv, rep: rep}
	r.run(ctx)
	return rep, nil
}
