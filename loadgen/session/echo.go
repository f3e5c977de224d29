package session

import (
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/report/result"
)

// replies is the traffic of clients that send messages and receive a reply to each.
var replies = traffic{senders: allSend, handler: replyHandler, tally: tallyReplies, outstanding: outstandingReplies}

// unanswered is the traffic of clients that send messages and receive others, which match none.
var unanswered = traffic{
	senders: allSend, gaps: true, handler: pushHandler, total: totalGaps, outstanding: outstandingReplies,
	tally: func(_ *Session, c phaseCounts) result.Counters {
		return result.Counters{Due: c.due + c.Lost, Sent: c.sent, NotSent: c.due - c.sent, Recorded: c.sent - c.rejected, ErrorReplies: c.rejected, Lost: c.Lost}
	},
}

func replyHandler(e *Session) handler {
	if e.g.Open() {
		return &decoder{e, openLoop{e}}
	}
	return &decoder{e, closedLoop{e}}
}

// openLoop receives the messages of an open loop.
type openLoop struct{ *Session }

func (e openLoop) start() {}

func (e openLoop) take(h proto.Header, o codec.Outcome, at int64) {
	if e.crossing != nil && e.crossing.pending && o != codec.Corrupt {
		e.crossing.take(h.Seq)
	}
	e.owed.note(e.receiver, 0, h, o, at)
	e.answered.Store(e.receiver.Sequence.Received() + e.receiver.Sequence.Corrupt())
}

func tallyReplies(e *Session, c phaseCounts) result.Counters {
	if !e.endedByServer && e.g.cutShort() { // replies on their way at that time are not lost
		settled := c.Received + c.Corrupt + c.rejected + c.Lost
		c.due, c.sent = min(c.due, settled), min(c.sent, settled)
	}
	return newTally(c.due, c.sent, c.Received-min(c.Received, c.Wrong), c.rejected+c.Wrong+c.Corrupt)
}

// outstandingReplies returns how many replies the session's current stream owes.
func outstandingReplies(e *Session) uint64 {
	if !e.g.Open() { // one message at a time
		if e.loopState.sentAt.Load() != 0 {
			return 1
		}
		return 0
	}
	from, l := e.origin(), e.active.Load()
	if from == e && !l.sentOn.Load() {
		return 0 // nothing was sent since the stream was reopened
	}
	since := l.since
	done := e.answered.Load() - since.answered + from.rejected() - since.rejected
	sent := from.sent() - since.sent
	return sent - min(sent, done)
}
