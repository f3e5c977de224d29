package session

import (
	"sync"
	"time"

	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/proto/record"
)

// delivered is the traffic of clients to which a server delivers the messages of another group.
var delivered = traffic{
	handler: func(e *Session) handler { return &decoder{e, delivery{e}} }, outstanding: outstandingDeliveries,
}

// deliveries are the messages that a session receives from each stream of its room. They belong to the
// receiving goroutine.
type deliveries struct {
	senders script.Senders
	from    []record.Receiver // by the senders' index
	// crossings are those of from, once the stream was cut; before, nil.
	crossings []crossing
}

func newDeliveries(e *Session, rec *record.Recorder) *deliveries {
	senders := e.g.source.sendersIn(e.g.room(e.share))
	d := &deliveries{senders: senders, from: make([]record.Receiver, senders.Len())}
	for i := range d.from {
		by := rec
		if !e.g.source.sharesClock(senders.First + i*senders.Step - e.g.source.First) {
			by = e.between
		}
		d.from[i] = *record.NewReceiver(by, e.call())
	}
	return d
}

// ledger returns the counts of all senders, and of the messages in l, whose sender is unknown.
func (d *deliveries) ledger(l record.Ledger) record.Ledger {
	for i := range d.from {
		from := d.from[i].Sequence.Ledger()
		l.Add(&from)
	}
	return l
}

// cross notes that an event has cut the stream.
func (d *deliveries) cross() {
	if d.crossings == nil {
		d.crossings = make([]crossing, len(d.from))
	}
	for i := range d.from {
		d.crossings[i].cut(d.from[i].Sequence.Next())
	}
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
	i := d.senders.Index(h.Stream)
	if d.crossings != nil && d.crossings[i].pending {
		d.crossings[i].take(h.Seq)
	}
	if e.owed.note(&d.from[i], i, h, o, at) {
		e.answered.Add(1)
	}
}

// sentTo returns how many messages this generator has sent to the session's room.
func (e *Session) sentTo() (n uint64) {
	for _, from := range e.g.source.sessions {
		if e.deliveries.senders.Has(from.number) {
			n += from.sent() - min(from.sent(), from.rejected())
		}
	}
	return n
}

// outstandingDeliveries returns how many messages may still arrive on the session's current stream. Those
// that other generators send are known from the plan only.
func outstandingDeliveries(e *Session) uint64 {
	since := e.active.Load().since
	sent, received := e.sentTo()+e.g.elsewhere.dueTo(e.g, e.g.room(e.share))-since.sent, e.answered.Load()-since.answered
	return sent - min(sent, received)
}

// elsewhere holds the number of messages that other generators send to each room.
type elsewhere struct {
	once sync.Once
	due  []uint64
}

// dueTo returns the number of messages that are due to a room from other generators, in all phases.
func (w *elsewhere) dueTo(g *Group, room int) uint64 {
	if g.Share.Of <= 1 {
		return 0
	}
	w.once.Do(func() {
		from := g.source
		w.due = make([]uint64, g.rooms())
		for stream := range from.Cell.Connections * from.Cell.Streams {
			if from.traffic.sends(stream) && g.Share.Holder(&from.Cell, stream) != g.Share.Index {
				plan := from.plan(from.call(stream))
				w.due[from.room(stream)] += plan.CountPlanned(time.Duration(from.To-from.Origin), func(time.Duration) bool { return true })
			}
		}
	})
	return w.due[room]
}
