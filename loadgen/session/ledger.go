package session

import (
	"slices"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// Deliveries are the ledger of messages that the streams of a group are due from another group: of each
// room what was sent to it and what its streams received. If several generators run the groups, the sum of
// theirs is the ledger of the whole.
type Deliveries []Room

// A Room is a room in the ledger. Its counts are by phase: outside of the steady phase, and in it.
type Room struct {
	Due      [2]uint64 `json:"due"` // to each of its receiving streams
	Sent     [2]uint64 `json:"sent"`
	Rejected [2]uint64 `json:"rejected"` // of those sent
	// Waited and NotAttempted are those of result.Counters.
	Waited       uint64 `json:"waited,omitempty"`
	NotAttempted uint64 `json:"not_attempted,omitempty"`
	// Receivers are its receiving streams, and Unopened the number of those that did not open.
	Receivers []Receivers `json:"receivers"`
	Unopened  uint64      `json:"unopened,omitempty"`
	// Publisher is what the only sender received, which is none of Receivers; nil if there are several, or it is on
	// another generator.
	Publisher *[2]record.Tally `json:"publisher,omitempty"`
	// Missed counts the messages that receivers missed because events had cut their streams, and Cut those that
	// may have been on their way when events cut the streams of their senders.
	Missed uint64 `json:"missed,omitempty"`
	Cut    uint64 `json:"cut,omitempty"`
}

// Receivers are streams that received the same numbers of messages.
type Receivers struct {
	Streams  uint64          `json:"streams"`
	Received [2]record.Tally `json:"received"`
	// Owed replaces what is due to all of the room's streams, where users come and go.
	Owed *Owed `json:"owed,omitempty"`
}

// Owed counts messages that were due to the users of a stream, by phase.
type Owed struct{ Due, Sent [2]uint64 }

// Deliveries returns this generator's part of the ledger, once both groups have ended; nil if no other
// group sends to g.
func (g *Group) Deliveries() Deliveries {
	if g.source == nil {
		return nil
	}
	d := make(Deliveries, g.rooms())
	g.source.addSent(d)
	type key struct {
		room     int
		received [2]record.Tally
	}
	a := &accounts{Group: g}
	open, same := map[int]bool{}, map[key]uint64{}
	for _, e := range g.sessions {
		open[e.share] = true
		l, room := e.ledger(), g.room(e.share)
		received := [2]record.Tally{l.Outside(), l.Steady}
		d[room].Missed += a.missedBy(e)
		switch {
		case e.owed != nil:
			of := new(Owed)
			for phase := range of.Due {
				of.Due[phase], of.Sent[phase] = e.owed.total(phase)
			}
			d[room].Receivers = append(d[room].Receivers, Receivers{1, received, of})
		case g.source == g && g.traffic.sends(e.share):
			d[room].Publisher = &received
		default:
			same[key{room, received}]++
		}
	}
	for k, n := range same {
		d[k.room].Receivers = append(d[k.room].Receivers, Receivers{Streams: n, Received: k.received})
	}
	for n := range g.Streams() {
		if share := g.stream(n); !open[share] {
			d[g.room(share)].Unopened++
		}
	}
	return d
}

// addSent adds the messages of the group's streams to the ledger.
func (g *Group) addSent(d Deliveries) {
	a := &accounts{Group: g}
	open := map[int]*Session{}
	for _, e := range g.sessions {
		open[e.share] = e
	}
	for n := range g.Streams() {
		share := g.stream(n)
		if !g.traffic.sends(share) {
			continue
		}
		to, e := &d[g.room(share)], open[share]
		for phase := range to.Due {
			if e == nil {
				to.Due[phase] += a.planned(share, phase)
				continue
			}
			from := &e.attempts[phase]
			to.Due[phase] += a.dueFrom(e, phase)
			to.Sent[phase] += from.sent.Load()
			to.Rejected[phase] += from.rejected.Load()
		}
		if e != nil {
			var n result.Counters
			a.countUnsentOf(e, &n)
			to.Waited, to.NotAttempted = to.Waited+n.Waited, to.NotAttempted+n.NotAttempted
			to.Cut += a.missedBy(e)
		}
	}
}

// Add adds the ledger of another generator to d, and returns it.
func (d Deliveries) Add(o Deliveries) Deliveries {
	if len(d) == 0 {
		d = make(Deliveries, len(o))
	}
	for i := range min(len(d), len(o)) {
		to, from := &d[i], &o[i]
		for phase := range to.Due {
			to.Due[phase] += from.Due[phase]
			to.Sent[phase] += from.Sent[phase]
			to.Rejected[phase] += from.Rejected[phase]
		}
		to.Waited, to.NotAttempted, to.Unopened = to.Waited+from.Waited, to.NotAttempted+from.NotAttempted, to.Unopened+from.Unopened
		to.Missed, to.Cut = to.Missed+from.Missed, to.Cut+from.Cut
		to.Receivers = append(to.Receivers, from.Receivers...)
		if from.Publisher != nil {
			to.Publisher = from.Publisher
		}
	}
	return d
}

// Counters returns the counters of deliveries by phase: outside of the steady phase, and in it.
func (d Deliveries) Counters() (n [2]result.Counters) {
	for i := range d {
		r := &d[i]
		for phase := range n {
			sum := &n[phase]
			sum.Published += r.Sent[phase]
			for _, to := range r.receivers() {
				*sum = result.Sum(*sum, r.countersOf(to, phase))
			}
			sum.SenderExcluded = r.excludesSender()
		}
		n[steady].Due += r.Unopened * r.Due[steady]
		n[steady].NotSent += r.Unopened * r.Due[steady]
	}
	for phase := range n {
		sum := &n[phase]
		sum.Planned = sum.Due
		sum.Failed = sum.NotSent + sum.Lost + sum.ErrorReplies
	}
	if other := &n[outside]; other.Due+other.Duplicates+other.OutOfOrder+other.Corrupt == 0 {
		*other = result.Counters{}
	}
	return n
}

// Settle replaces the counters of messages in rep, the sum of those of all generators, each of which knows
// the messages that it sent itself, by those of the whole ledger.
func (d Deliveries) Settle(rep *result.Repetition) {
	n := d.Counters()
	replace := func(c *result.Counters, by *result.Counters) {
		c.Planned, c.Due, c.Sent, c.Published, c.NotSent = by.Planned, by.Due, by.Sent, by.Published, by.NotSent
		c.Recorded, c.Lost, c.ErrorReplies, c.Failed = by.Recorded, by.Lost, by.ErrorReplies, by.Failed
		c.Duplicates, c.OutOfOrder, c.Corrupt = by.Duplicates, by.OutOfOrder, by.Corrupt
		c.Waited, c.NotAttempted, c.SenderExcluded = by.Waited, by.NotAttempted, by.SenderExcluded
	}
	replace(&rep.Counters, &n[steady])
	if len(rep.Storms) > 0 {
		rep.Missed = d.missed(&n[steady])
	}
	switch warmup := rep.OtherPhases.Warmup; {
	case warmup != nil:
		replace(warmup, &n[outside])
	case n[outside].Due > 0:
		rep.OtherPhases.Warmup = &n[outside]
	}
}

// missed returns the messages of the steady phase, of which n are the counters, that were missed because events had
// cut the streams of their senders or receivers.
func (d Deliveries) missed(n *result.Counters) result.Missed {
	m := result.Missed{NotSent: n.NotSent}
	for i := range d {
		m.Lost += d[i].Missed
		for _, to := range d[i].receivers() {
			m.Lost += to.Streams * d[i].Cut
		}
	}
	m.Lost = min(m.Lost, n.Lost)
	return m
}

// receivers returns the streams to which messages are due: the only sender's too, unless the server excludes it.
func (r *Room) receivers() []Receivers {
	if r.Publisher == nil || r.excludesSender() {
		return r.Receivers
	}
	return append(slices.Clone(r.Receivers), Receivers{Streams: 1, Received: *r.Publisher})
}

// excludesSender reports whether the server seems to send messages to every stream but that of their only sender:
// none came back on it, and some arrived on others.
func (r *Room) excludesSender() bool {
	came := func(of [2]record.Tally) bool { return of[outside].Received+of[steady].Received > 0 }
	return r.Publisher != nil && !came(*r.Publisher) && slices.ContainsFunc(r.Receivers, func(to Receivers) bool { return came(to.Received) })
}

// countersOf returns the counters of some of a room's receivers in a phase.
func (r *Room) countersOf(to Receivers, phase int) result.Counters {
	c, k := to.Received[phase], to.Streams
	due, sent := r.Due[phase], r.Sent[phase]-min(r.Sent[phase], r.Rejected[phase])
	if to.Owed != nil {
		due, sent = to.Owed.Due[phase], to.Owed.Sent[phase]
	}
	n := newTally(due, sent, c.Received-min(c.Received, c.Wrong), c.Wrong+c.Corrupt)
	n = result.Counters{
		Due: k * n.Due, Sent: k * n.Sent, NotSent: k * n.NotSent, Recorded: k * n.Recorded, ErrorReplies: k * n.ErrorReplies, Lost: k * n.Lost,
		Duplicates: k * c.Duplicates, OutOfOrder: k * c.OutOfOrder, Corrupt: k * c.Corrupt,
	}
	if phase == steady && to.Owed == nil {
		n.Waited, n.NotAttempted = k*r.Waited, k*r.NotAttempted
	}
	return n
}
