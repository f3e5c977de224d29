package session

import (
	"sync"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/record"
)

// owed counts the messages that are due from others to the users of a session. A user is owed what is sent from
// the first message that it receives until it leaves, since only that message shows that the server has
// subscribed it; without one, from patience after it joined. What else it receives was on its way while it joined
// or left: each message counts for one user at most. A nil *owed is that of messages without numbers, or of replies.
type owed struct {
	g        *Group
	sources  []source // by the index of the sender
	patience time.Duration

	mu    sync.Mutex // guards the fields below; nobody holds it for long
	state owedState
	users int // so far
	// By sender, the numbers of messages: those below lower were the predecessor's; the user is owed those from
	// floor to below ceiling. joined is the first that had not been sent when the user joined, and taken follows
	// the last that one received, and before the last that was due before the steady phase.
	lower, joined, floor, ceiling, taken, before []uint64
	unsent                                       [2]uint64 // of the senders when the user was first owed messages
	got                                          uint64    // received of those owed to the current user
	// Those of all users that have left, by phase: owed to them, of these never sent, and received beyond those.
	due, missing, extra [2]uint64
	// Messages at the edges: received by a user that they are not for; and sent to users that had joined and were
	// not owed any yet.
	ignored, early uint64
}

// An owedState is what the current user is owed.
type owedState uint8

const (
	owedNothing owedState = iota // yet
	owedMessages
	owedNoMore // it leaves
)

// newOwed returns what users are owed, the first of whom is there at the beginning of the plan.
func newOwed(g *Group, sources []source) *owed {
	o := &owed{g: g, sources: sources, patience: g.Cell.Drain}
	for _, numbers := range []*[]uint64{&o.lower, &o.joined, &o.floor, &o.ceiling, &o.taken, &o.before} {
		*numbers = make([]uint64, len(sources))
	}
	o.oweAfter(time.Duration(g.Origin-clock.Now()) + o.patience)
	return o
}

// oweAfter makes the current user be owed messages after d, if it is still there.
func (o *owed) oweAfter(d time.Duration) {
	user := o.users
	time.AfterFunc(d, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.users == user && o.state == owedNothing {
			o.owe()
		}
	})
}

// begin begins the stay of a user.
func (o *owed) begin() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	copy(o.lower, o.ceiling)
	for i, s := range o.sources {
		o.joined[i] = max(o.lower[i], s.next())
	}
	o.got, o.state = 0, owedNothing
	o.users++
	o.oweAfter(o.patience)
}

// owe makes the user be owed what is sent from now on. The caller holds o.mu.
func (o *owed) owe() {
	o.state, o.unsent = owedMessages, [2]uint64{}
	for k, s := range o.sources {
		o.floor[k] = max(o.lower[k], s.next()+1) // one may be on its way
		for phase, n := range s.unsent() {
			o.unsent[phase] += n
		}
		o.early += o.floor[k] - min(o.floor[k], o.joined[k])
	}
}

// takes reports whether message seq of sender i is for the current user. The caller holds o.mu.
func (o *owed) takes(i int, seq uint64) bool {
	if seq < o.lower[i] || o.state == owedNoMore && seq >= o.ceiling[i] {
		o.ignored++
		return false
	}
	if o.state == owedNothing {
		o.owe()
	}
	return true
}

// took counts message seq of sender i, which the current user received for the first time. The caller holds o.mu.
func (o *owed) took(i int, seq uint64, phase int) {
	o.taken[i] = max(o.taken[i], seq+1)
	if phase == outside {
		o.before[i] = max(o.before[i], seq+1)
	}
	switch {
	case seq >= o.floor[i]:
		o.got++
	case o.state == owedNoMore: // it no longer waits for those that follow
		o.extra[phase]++
		if seq >= o.joined[i] {
			o.early--
		}
	default: // those that follow are owed too
		o.early -= o.floor[i] - max(min(o.floor[i], o.joined[i]), seq)
		o.floor[i] = seq
		o.got++
	}
}

// leave ends what the user is owed. A message may arrive before its sender counts it as sent.
func (o *owed) leave() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, s := range o.sources {
		o.ceiling[i] = max(o.lower[i], s.next(), o.taken[i])
		if o.state == owedNothing {
			o.floor[i] = o.ceiling[i]
			o.early += o.floor[i] - min(o.floor[i], o.joined[i])
		}
	}
	o.state = owedNoMore
}

// outstanding returns how many of the messages owed to the user may still arrive.
func (o *owed) outstanding() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	var n, unsent uint64
	if o.state == owedNothing {
		return 0
	}
	for i, s := range o.sources {
		until := o.ceiling[i]
		if o.state == owedMessages {
			until = s.next()
		}
		n += until - min(until, o.floor[i])
		for _, k := range s.unsent() {
			unsent += k
		}
	}
	unsent -= min(unsent, o.unsent[outside]+o.unsent[steady])
	return n - min(n, o.got+unsent)
}

// settle adds what the user that has left was owed.
func (o *owed) settle() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var unsent [2]uint64
	for i, s := range o.sources {
		low, high, from := o.floor[i], max(o.floor[i], o.ceiling[i]), max(s.steadyFrom(), o.before[i])
		before := min(high, max(low, from)) - low
		o.due[outside] += before
		o.due[steady] += high - low - before
		o.floor[i] = high
		for phase, n := range s.unsent() {
			unsent[phase] += n
		}
	}
	for phase, n := range unsent {
		o.missing[phase] += n - min(n, o.unsent[phase])
	}
	o.unsent = unsent
}

// awaitsFirst reports whether the user has yet to receive a message.
func (o *owed) awaitsFirst() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state == owedNothing
}

// end settles with a user whose stream has ended.
func (o *owed) end() {
	if o == nil {
		return
	}
	o.mu.Lock()
	leaves := o.state != owedNoMore
	o.mu.Unlock()
	if leaves {
		o.leave()
		o.settle()
	}
}

// total returns the messages of a phase that were due to users, and those of them that were sent.
func (o *owed) total(phase int) (due, sent uint64) {
	due = o.due[phase] + o.extra[phase]
	return due, due - min(due, o.missing[phase])
}

// atEdges returns the messages that were on their way while a user joined or left, see result.Joins.
func (o *owed) atEdges() (ignored, missed uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ignored, o.early
}

// note notes a message from sender i as Receiver.Note does, unless it is for another user than the current one.
// A nil *owed notes all.
func (o *owed) note(r *record.Receiver, i int, h proto.Header, outcome codec.Outcome, at int64) bool {
	if o == nil || outcome == codec.Corrupt {
		return r.Note(h, outcome, at)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.takes(i, h.Seq) || !r.Note(h, outcome, at) {
		return false
	}
	o.took(i, h.Seq, o.g.phaseOf(h.Intended))
	return true
}
