package loadgen

import (
	"rtbench/proto"
	"rtbench/proto/codec"
)

// replies is the traffic of clients that send messages and receive a reply to each.
var replies = traffic{senders: allSend, handler: replyHandler, tally: tallyReplies, outstanding: outstandingReplies}

// unanswered is the traffic of clients that send messages and receive others, which match none.
var unanswered = traffic{
	senders: allSend, gaps: true, handler: pushHandler, total: totalGaps, outstanding: outstandingReplies,
	tally: func(_ *exchange, c phaseCounts) tally {
		return tally{due: c.due + c.lost, sent: c.sent, notSent: c.due - c.sent, ok: c.sent - c.rejected, wrong: c.rejected, lost: c.lost}
	},
}

func replyHandler(e *exchange) handler {
	if e.r.open() {
		return decoder{e, openLoop{e}}
	}
	return decoder{e, closedLoop{e}}
}

// openLoop receives the messages of an open loop.
type openLoop struct{ *exchange }

func (e openLoop) start() {}

func (e openLoop) take(h proto.Header, o codec.Outcome, at int64) {
	e.receiver.Note(h, o, at)
	e.answered.Store(e.receiver.Ledger.Received + e.receiver.Ledger.Corrupt)
}

func tallyReplies(_ *exchange, c phaseCounts) tally {
	return newTally(c.due, c.sent, c.received-min(c.received, c.wrong), c.rejected+c.wrong+c.corrupt)
}

// outstandingReplies returns how many replies the exchange's current stream owes.
func outstandingReplies(e *exchange) uint64 {
	if !e.r.open() { // one message at a time
		if e.sentAt.Load() != 0 {
			return 1
		}
		return 0
	}
	sender, l := e.sender(), e.active.Load()
	if sender == e && !l.sentOn.Load() {
		return 0 // nothing was sent since the stream was reopened
	}
	since := l.since
	done := e.answered.Load() - since.answered + sender.rejected() - since.rejected
	sent := sender.sent() - since.sent
	return sent - min(sent, done)
}
