package loadgen

import (
	"rtbench/proto"
	"rtbench/proto/record"
)

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

// tallyExchange accounts for the messages that one exchange receives.
func (r *repetition) tallyExchange(e *exchange, l *record.Ledger, phase int) tally {
	received, wrong, lost, corrupt := l.Steady.Received, l.Steady.Wrong, l.Steady.Lost, l.Steady.Corrupt
	if phase == outside {
		received, wrong, lost, corrupt = l.Received-received, l.Wrong-wrong, l.Lost-min(l.Lost, lost), l.Corrupt-corrupt
	}
	a := &e.attempts[phase]
	due, left, rejected := a.due.Load(), a.sent.Load(), a.rejected.Load()
	if r.open() {
		due = max(due, r.planned(e.call.Share, phase))
	}
	switch {
	case r.job.serverPushes():
		wrong = min(wrong, received)
		return tally{due: received + lost, ok: received - wrong, wrong: wrong, lost: lost}
	case r.job.timesArrivals(): // pushed messages are not replies
		return tally{due: due + lost, sent: left, notSent: due - left, ok: left - rejected, wrong: rejected, lost: lost}
	case r.job.publishes():
		a = &r.exchanges[0].attempts[phase]
		return newTally(max(due, a.due.Load()), a.sent.Load(), received-min(received, wrong), a.rejected.Load()+wrong+corrupt)
	case r.job.measuredAtServer(): // see adjustTotals
		return tally{due: due, sent: left, notSent: due - left}
	case r.job.guide() && r.job.pattern() == proto.Push: // the server numbers its messages
		return numberedTally(received, lost, corrupt)
	case r.job.sends(e.call.Share):
		return newTally(due, left, received-min(received, wrong), rejected+wrong+corrupt)
	case r.open() && !e.endedByServer && r.cutShort(): // messages on their way at that time are not lost
		due = min(due, received+lost)
		fallthrough
	case r.open():
		t := newTally(due, due, received, corrupt)
		t.sent = 0
		return t
	}
	return numberedTally(received, lost, corrupt)
}

// numberedTally returns the tally of messages that the server numbers. Each corrupt message
// stands for a missing number, which is not lost.
func numberedTally(received, lost, corrupt uint64) tally {
	wrong := min(lost, corrupt)
	return tally{due: received + lost, ok: received, wrong: wrong, lost: lost - wrong}
}

// adjustTotals applies corrections that are only known for all streams together.
func (r *repetition) adjustTotals(of *[2]tally, all *record.Ledger) {
	switch {
	case r.job.measuredAtServer(): // a stream's summary may include others' messages
		before := &of[outside]
		*before = newTally(before.due, before.sent, min(before.sent, all.Received-all.Steady.Received), all.Corrupt-all.Steady.Corrupt)
		of[steady] = newTally(of[steady].due, of[steady].sent, r.sink.Count(), all.Steady.Corrupt)
	case r.job.timesArrivals():
		wrong := sumCounts(r.failures[phaseSteady].unexpected)
		wrong -= min(wrong, r.attempted(func(a *attempts) uint64 { return a.rejected.Load() + a.refused.Load() }))
		if r.job.serverPushes() { // numbered ones are in their stream's tally
			wrong -= min(wrong, of[steady].wrong)
		}
		of[steady].due += wrong
		of[steady].wrong += wrong
	}
}
