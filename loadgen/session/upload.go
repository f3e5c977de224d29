package session

import (
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// summarized is the traffic of clients that send messages to a server that measures them.
var summarized = traffic{
	senders: allSend, summary: true, handler: func(e *Session) handler { return upload{e} }, total: totalSummaries,
	tally: func(_ *Session, c phaseCounts) result.Counters {
		return result.Counters{Due: c.due, Sent: c.sent, NotSent: c.due - c.sent}
	},
}

// upload receives the server's summary of an upload.
type upload struct{ *Session }

func (e upload) start() {
	if !e.g.Open() {
		e.g.sending.Go(e.sendAll)
	}
}

// sendAll sends as fast as the stream accepts messages, in a closed loop.
func (e upload) sendAll() {
	// Streams of one event loop share a message buffer, but these send concurrently.
	e.active.Load().setMessage(&e.g.Config, e.g.newMessage())
	for now := clock.Now(); now < e.g.To && !e.g.cutoff.Load() && e.Fire(now); now = clock.Now() {
		e.g.edges.pass(e.g, now)
		e.think()
	}
	e.g.edges.pass(e.g, clock.Now())
	_ = e.active.Load().closeSend(e.g.Events)
}

func (e upload) Message(p []byte, _ int64) {
	var err error
	if e.summary, err = e.g.Sink.Merge(p); err != nil {
		e.g.Events.countBroken(err)
		e.closeStream()
	}
}

// totalSummaries counts what the summaries say. That of a stream may include others' messages.
func totalSummaries(g *Group, of *[2]result.Counters, all *record.Ledger) {
	before := &of[outside]
	rest := all.Outside()
	*before = newTally(before.Due, before.Sent, min(before.Sent, rest.Received), rest.Corrupt)
	of[steady] = newTally(of[steady].Due, of[steady].Sent, g.Sink.Count(), all.Steady.Corrupt)
}
