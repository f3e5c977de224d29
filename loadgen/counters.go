package loadgen

import (
	"rtbench/proto/record"
	"rtbench/report/result"
)

// countMessages fills in the message counters, the steady phase apart from the rest.
func (r *repetition) countMessages() {
	var of [2]tally
	var all record.Ledger
	excluded := r.excludesSender()
	for i, e := range r.exchanges {
		l := e.ledger()
		all.Add(&l)
		for phase := range of {
			if !excluded || i > 0 {
				of[phase].add(r.traffic.tally(e, r.countsIn(phase, e, &l)))
			}
		}
	}
	n, other := &r.rep.Counters, &result.Counters{}
	if r.traffic.total != nil {
		r.traffic.total(r, &of, &all)
	}
	r.addUnopened(&of[steady])
	rest := record.Tally{
		Received: all.Received, Duplicates: all.Duplicates - all.Steady.Duplicates,
		OutOfOrder: all.OutOfOrder - all.Steady.OutOfOrder, Corrupt: all.Corrupt - all.Steady.Corrupt,
	}
	fill(n, of[steady], &all.Steady)
	fill(other, of[outside], &rest)
	if !r.traffic.pushes() { // for pushes, the messages are recorded, not only the gaps between them
		n.Recorded = r.sink.Count()
		if r.noneStamped != "" {
			n.Recorded = r.gaps.Count()
		}
	}
	n.SenderExcluded = excluded
	if r.traffic.senders == firstSends {
		a := &r.exchanges[0].attempts
		n.Published, other.Published = a[steady].sent.Load(), a[outside].sent.Load()
	}
	if r.open() {
		n.Planned, other.Planned = of[steady].due, of[outside].due
		if r.traffic.numbered {
			n.Planned, other.Planned = r.allPlanned(steady), r.allPlanned(outside)
		}
		r.countUnsent(n)
	}
	if other.Due > 0 || other.Duplicates+other.OutOfOrder+other.Corrupt > 0 {
		r.rep.OtherPhases.Warmup = other
	}
}

func fill(n *result.Counters, t tally, l *record.Tally) {
	n.Due, n.Sent, n.NotSent, n.Recorded, n.Lost, n.ErrorReplies = t.due, t.sent, t.notSent, t.ok, t.lost, t.wrong
	n.Failed = t.notSent + t.lost + t.wrong
	n.Duplicates, n.OutOfOrder, n.Corrupt = l.Duplicates, l.OutOfOrder, l.Corrupt
}

// addUnopened adds the planned messages of streams that failed to open.
func (r *repetition) addUnopened(t *tally) {
	if !r.open() || r.traffic.senders == firstSends || r.unopened() == 0 {
		return
	}
	there := map[int]bool{}
	for _, e := range r.exchanges {
		there[e.call.Share] = true
	}
	for share := range r.job.streams() {
		if !there[share] {
			n := r.planned(share, steady)
			t.due += n
			t.notSent += n
		}
	}
}

// countUnsent divides unsent planned messages into those that waited for the server and those
// that the generator never attempted.
func (r *repetition) countUnsent(n *result.Counters) {
	for _, e := range r.exchanges {
		if !r.traffic.sends(e.call.Share) {
			continue
		}
		n.Waited += e.waited
		planned, due := r.planned(e.call.Share, steady), e.attempts[steady].due.Load()
		rest := planned - min(planned, due)
		if r.traffic.senders == firstSends {
			rest *= uint64(len(r.exchanges))
		}
		switch {
		case e.blocked: // until the end
			n.Waited += rest
		case e.stoppedSending: // its stream was lost
		default:
			n.NotAttempted += rest
		}
	}
}

func (e *exchange) ledger() record.Ledger {
	if e.r.traffic.summary {
		if e.summary == nil {
			return record.Ledger{}
		}
		return e.summary.Ledger
	}
	return e.receiver.Ledger
}
