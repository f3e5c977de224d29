package session

import (
	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// delivered is the traffic of clients to which a server delivers the messages of another group.
var delivered = traffic{
	handler: func(e *Session) handler { return &decoder{e, delivery{e}} }, tally: tallyDeliveries, outstanding: outstandingDeliveries,
}

// deliveries are the messages that a session receives from each stream of its room. They belong to the
// receiving goroutine.
type deliveries struct {
	senders script.Senders
	from    []record.Receiver // by the senders' index
}

func newDeliveries(e *Session, rec *record.Recorder) *deliveries {
	senders := e.g.source.sendersIn(e.g.room(e.call.Share))
	d := &deliveries{senders: senders, from: make([]record.Receiver, senders.Len())}
	for i := range d.from {
		d.from[i] = *record.NewReceiver(rec, e.call)
	}
	return d
}

// ledger returns the counts of all senders, and of the messages in l, whose sender is unknown.
func (d *deliveries) ledger(l record.Ledger) record.Ledger {
	for i := range d.from {
		l.Add(&d.from[i].Ledger)
	}
	return l
}

// delivery receives the messages of another group.
type delivery struct{ *Session }

func (e delivery) start() {}

// take implements taker. A message from a stream that is not in the room counts as corrupt: a custom
// target's has been recognized as unmatched before.
func (e delivery) take(h proto.Header, o codec.Outcome, at int64) {
	d := e.deliveries
	if o == codec.Corrupt || !d.senders.Has(h.Stream) {
		e.receiver.Note(h, codec.Corrupt, at)
		return
	}
	if d.from[d.senders.Index(h.Stream)].Note(h, o, at) {
		e.answered.Add(1)
	}
}

// spoken are the messages of the streams in a room, by phase, which each receiver in it is due.
type spoken struct {
	due, sent, rejected  [2]uint64
	waited, notAttempted uint64 // in the steady phase
}

// spokenIn returns the messages of a room, once the group has ended.
func (g *Group) spokenIn(room int) *spoken {
	if g.spoken == nil {
		g.spoken = g.allSpoken()
	}
	return &g.spoken[room]
}

func (g *Group) allSpoken() []spoken {
	a := &accounts{Group: g}
	out := make([]spoken, g.rooms())
	open := map[int]*Session{}
	for _, e := range g.sessions {
		open[e.call.Share] = e
	}
	for share := range g.Streams() {
		s, e := &out[g.room(share)], open[share]
		for phase := range s.due {
			planned := a.planned(share, phase)
			if e == nil {
				s.due[phase] += planned
				continue
			}
			from := &e.attempts[phase]
			s.due[phase] += max(planned, from.due())
			s.sent[phase] += from.sent.Load()
			s.rejected[phase] += from.rejected.Load()
		}
		if e != nil {
			var n result.Counters
			a.countUnsentOf(e, &n)
			s.waited, s.notAttempted = s.waited+n.Waited, s.notAttempted+n.NotAttempted
		}
	}
	return out
}

// published returns the messages of all rooms that were sent in a phase.
func (g *Group) published(phase int) (n uint64) {
	for _, e := range g.sessions {
		n += e.attempts[phase].sent.Load()
	}
	return n
}

func tallyDeliveries(_ *Session, c phaseCounts) result.Counters {
	return newTally(c.due, c.sent-min(c.sent, c.rejected), c.Received-min(c.Received, c.Wrong), c.Wrong+c.Corrupt)
}

// sentTo returns how many messages have been sent to the session's room.
func (e *Session) sentTo() (n uint64) {
	for _, from := range e.g.source.sessions {
		if e.deliveries.senders.Has(from.number) {
			n += from.sent() - min(from.sent(), from.rejected())
		}
	}
	return n
}

// outstandingDeliveries returns how many messages may still arrive on the session's current stream.
func outstandingDeliveries(e *Session) uint64 {
	since := e.active.Load().since
	sent, received := e.sentTo()-since.sent, e.answered.Load()-since.answered
	return sent - min(sent, received)
}
