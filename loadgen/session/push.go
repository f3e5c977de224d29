package session

import (
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/report/result"
)

// planned is the traffic of a server that sends by the call's plan, or without one as fast as
// possible.
var planned = traffic{handler: receiveHandler, tally: tallyPlanned}

// numbered is the traffic of a server that sends and numbers messages at its own pace.
var numbered = traffic{numbered: true, handler: receiveHandler, tally: tallyNumbered}

func receiveHandler(e *Session) handler {
	if e.g.Open() {
		return &decoder{e, openLoop{e}}
	}
	return &decoder{e, flood{e}}
}

// flood receives as fast as the server sends, until the end of the steady phase.
type flood struct{ *Session }

func (e flood) start() {}

func (e flood) take(h proto.Header, o codec.Outcome, at int64) {
	e.g.edges.pass(e.g, at)
	e.receiver.Note(h, o, at)
	if o == codec.Intact && h.Intended >= e.g.To && !e.closedHere {
		e.closeStream()
	}
}

func tallyPlanned(e *Session, c phaseCounts) result.Counters {
	if !e.g.Open() {
		return tallyNumbered(e, c)
	}
	if !e.endedByServer && e.g.cutShort() { // messages on their way at that time are not lost
		c.due = min(c.due, c.Received+c.Lost)
	}
	if e.owed != nil {
		c.due = c.owed
	}
	t := newTally(c.due, c.due, c.Received, c.Corrupt)
	t.Sent = 0
	return t
}

// tallyNumbered returns the tally of messages that the server numbers. Each corrupt message stands
// for a missing number, which is not lost.
func tallyNumbered(_ *Session, c phaseCounts) result.Counters {
	wrong := min(c.Lost, c.Corrupt)
	return result.Counters{Due: c.Received + c.Lost, Recorded: c.Received, ErrorReplies: wrong, Lost: c.Lost - wrong}
}
