package loadgen

import "rtbench/proto/record"

// A tally accounts for the messages of one phase: due = ok + notSent + wrong + lost.
type tally struct {
	due, sent, notSent uint64
	ok                 uint64 // received as expected
	wrong              uint64 // answered with an error or an unexpected reply
	lost               uint64
}

func (t *tally) add(o tally) {
	t.due += o.due
	t.sent += o.sent
	t.notSent += o.notSent
	t.ok += o.ok
	t.wrong += o.wrong
	t.lost += o.lost
}

// newTally returns a consistent tally. An answered message was sent, and counts once. A corrupt
// message counts as the reply to a message without one: wrong, not lost.
func newTally(due, left, ok, wrong uint64) tally {
	due = max(due, left, ok)
	left = max(left, ok)
	wrong = min(wrong, left-ok)
	return tally{due: due, sent: left, notSent: due - left, ok: ok, wrong: wrong, lost: left - ok - wrong}
}

// phaseCounts are the messages of one exchange in one phase.
type phaseCounts struct {
	due, sent, rejected            uint64 // by the sender whose messages it receives
	received, wrong, lost, corrupt uint64
}

// countsIn returns the counts of an exchange with ledger l.
func (r *repetition) countsIn(phase int, e *exchange, l *record.Ledger) phaseCounts {
	c := phaseCounts{received: l.Steady.Received, wrong: l.Steady.Wrong, lost: l.Steady.Lost, corrupt: l.Steady.Corrupt}
	if phase == outside {
		c.received, c.wrong, c.lost, c.corrupt = l.Received-c.received, l.Wrong-c.wrong, l.Lost-min(l.Lost, c.lost), l.Corrupt-c.corrupt
	}
	a := &e.sender().attempts[phase]
	c.due, c.sent, c.rejected = a.due.Load(), a.sent.Load(), a.rejected.Load()
	if r.open() {
		c.due = max(c.due, r.planned(e.call.Share, phase))
	}
	return c
}
