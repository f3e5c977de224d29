package session

import (
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

// newTally returns consistent counters of one phase. An answered message was sent, and counts once. A corrupt
// message counts as the reply to a message without one: wrong, not lost.
func newTally(due, left, ok, wrong uint64) result.Counters {
	due = max(due, left, ok)
	left = max(left, ok)
	wrong = min(wrong, left-ok)
	return result.Counters{Due: due, Sent: left, NotSent: due - left, Recorded: ok, ErrorReplies: wrong, Lost: left - ok - wrong}
}

// phaseCounts are the messages of one session in one phase.
type phaseCounts struct {
	due, sent, rejected uint64 // by the sender whose messages it receives
	owed                uint64 // to users that come and go
	record.Tally
}

// mostCounters is the number of counters that are summed at a time.
const mostCounters = 64

// countMessages returns the message counters of the phases outside and steady.
func (a *accounts) countMessages() (counters [2]result.Counters) {
	if a.source != nil {
		return a.Deliveries().Counters()
	}
	of := [2][]result.Counters{make([]result.Counters, 0, mostCounters), make([]result.Counters, 0, mostCounters)}
	var all record.Ledger
	excluded := excludesSender(a.Group)
	for i, e := range a.sessions {
		l := e.ledger()
		all.Add(&l)
		for phase := range of {
			if len(of[phase]) == cap(of[phase]) { // of thousands of sessions, the counters would take megabytes
				of[phase] = append(of[phase][:0], result.Sum(of[phase]...))
			}
			if !excluded || i > 0 {
				of[phase] = append(of[phase], a.traffic.tally(e, a.countsIn(phase, e, &l)))
			}
		}
	}
	for phase := range of {
		counters[phase] = result.Sum(of[phase]...)
	}
	n, other := &counters[steady], &counters[outside]
	if a.traffic.total != nil {
		a.traffic.total(a.Group, &counters, &all)
	}
	a.addUnopened(n)
	settle(n, all.Steady)
	settle(other, all.Outside())
	if gaps := a.traffic.pushes() || a.traffic.asks && a.custom(); !gaps { // else the messages are recorded, not only the gaps between them
		n.Recorded = a.Sink.Count()
		if a.gaps.noneStamped != "" {
			n.Recorded = a.gaps.sink.Count()
		}
	}
	n.SenderExcluded = excluded
	if a.traffic.senders == firstSends {
		from := &a.sessions[0].attempts
		n.Published, other.Published = from[steady].sent.Load(), from[outside].sent.Load()
	}
	if a.Open() {
		n.Planned, other.Planned = n.Due, other.Due
		if a.traffic.numbered {
			n.Planned, other.Planned = a.allPlanned(steady), a.allPlanned(outside)
		}
		a.countUnsent(n)
	}
	if other.Due+other.Duplicates+other.OutOfOrder+other.Corrupt == 0 {
		*other = result.Counters{}
	}
	return counters
}

// settle completes the counters of a phase with ledger l.
func settle(n *result.Counters, l record.Tally) {
	n.Failed = n.NotSent + n.Lost + n.ErrorReplies
	n.Duplicates, n.OutOfOrder, n.Corrupt = l.Duplicates, l.OutOfOrder, l.Corrupt
}

// addUnopened adds the planned messages of streams that failed to open.
func (a *accounts) addUnopened(t *result.Counters) {
	if !a.Open() || a.traffic.asks || a.traffic.senders == firstSends || a.unopened() == 0 {
		return
	}
	there := map[int]bool{}
	for _, e := range a.sessions {
		there[e.share] = true
	}
	for i := range a.Streams() {
		if share := a.stream(i); !there[share] {
			n := a.planned(share, steady)
			t.Due += n
			t.NotSent += n
		}
	}
}

// countUnsent divides unsent planned messages into those that waited for the server and those
// that the generator never attempted.
func (a *accounts) countUnsent(n *result.Counters) {
	for _, e := range a.sessions {
		if !a.traffic.sends(e.share) {
			continue
		}
		a.countUnsentOf(e, n)
	}
}

// countUnsentOf is countUnsent for a session that sends.
func (a *accounts) countUnsentOf(e *Session, n *result.Counters) {
	n.Waited += e.waited
	planned, due := a.dueFrom(e, steady), e.attempts[steady].due()
	rest := planned - min(planned, due)
	if a.traffic.senders == firstSends && a.source == nil { // the ledger of deliveries multiplies
		rest *= uint64(len(a.sessions))
	}
	switch {
	case e.blocked: // until the end
		n.Waited += rest
	case e.stoppedSending: // its stream was lost
	default:
		n.NotAttempted += rest
	}
}

// planned returns how many messages of a share were due in a phase.
func (a *accounts) planned(share, phase int) uint64 {
	until := a.To
	if a.cutShort() {
		until = max(a.Origin, a.End)
	}
	return a.plan(a.call(share)).CountPlanned(time.Duration(until-a.Origin), func(due time.Duration) bool {
		return a.Measures(a.Origin+int64(due)) == (phase == steady)
	})
}

// plannedFor returns how many messages of a session were due in a phase while it had a user.
func (a *accounts) plannedFor(e *Session, phase int) uint64 {
	n := a.planned(e.share, phase)
	if e.visit == nil {
		return n
	}
	return n - min(n, e.visit.away[phase].Load())
}

// allPlanned returns how many messages were due on the open streams in a phase.
func (a *accounts) allPlanned(phase int) (n uint64) {
	for _, e := range a.sessions {
		n += a.planned(e.share, phase)
	}
	return n
}

// countsIn returns the counts of a session with ledger l.
func (a *accounts) countsIn(phase int, e *Session, l *record.Ledger) phaseCounts {
	c := phaseCounts{Tally: l.Steady}
	if phase == outside {
		c.Tally = l.Outside()
	}
	from := &e.origin().attempts[phase]
	c.due, c.sent, c.rejected = from.due(), from.sent.Load(), from.rejected.Load()
	if a.Open() {
		c.due = a.dueFrom(e.origin(), phase)
	}
	if e.owed != nil {
		c.owed, _ = e.owed.total(phase)
	}
	return c
}

// dueFrom returns how many messages were due from a session in a phase. If the phase was cut short, a message that
// was due just before that may not have been sent, and is not due then.
func (a *accounts) dueFrom(e *Session, phase int) uint64 {
	due := e.attempts[phase].due()
	if a.traffic.sends(e.share) && a.cutShort() && !e.blocked && !e.stoppedSending {
		return due
	}
	return max(due, a.plannedFor(e, phase))
}
