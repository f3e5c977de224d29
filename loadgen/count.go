package loadgen

import (
	"errors"
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// The indexes of counts by phase: a message belongs to the steady phase if it was due in it.
const (
	outside = iota
	steady
)

// attempts counts the messages of one phase that a sender took up. Its sender counts, anyone
// may read.
type attempts struct {
	due      atomic.Uint64 // taken up, sent or not
	left     atomic.Uint64 // sent
	rejected atomic.Uint64 // sent and answered by an error
	// refused counts messages that were not sent and of which the failed call is counted by
	// its class.
	refused atomic.Uint64
}

// count counts a message whose Send on l returned err.
func (a *attempts) count(l *live, err error) {
	a.due.Add(1)
	if err == nil {
		a.left.Add(1)
		return
	}
	answered := errors.Is(err, driver.ErrMessageFailed)
	switch {
	case errors.Is(err, driver.ErrNotSent):
		if answered {
			a.refused.Add(1)
		}
	case answered:
		a.left.Add(1)
		a.rejected.Add(1)
	case driver.Waits(l.st): // the server may have it: only the answer is missing
		a.left.Add(1)
	}
}

// left returns how many messages were sent in the whole repetition.
func (e *exchange) left() uint64 {
	return e.attempts[steady].left.Load() + e.attempts[outside].left.Load()
}

// rejected returns how many of those were answered by an error.
func (e *exchange) rejected() uint64 {
	return e.attempts[steady].rejected.Load() + e.attempts[outside].rejected.Load()
}

// A tally accounts for the messages of one phase: due = ok + notSent + wrong + lost.
type tally struct {
	due, sent, notSent uint64
	ok                 uint64 // arrived as expected
	wrong              uint64 // answered by an error, or by a reply that was not as expected
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

// settle returns the tally of messages of which due were due, left were sent, and ok and
// wrong were answered. A message that was answered did leave, and is answered once. A corrupt
// message is taken for the answer to one of those that have no other: it is wrong, not lost.
func settle(due, left, ok, wrong uint64) tally {
	due = max(due, left, ok)
	left = max(left, ok)
	wrong = min(wrong, left-ok)
	return tally{due: due, sent: left, notSent: due - left, ok: ok, wrong: wrong, lost: left - ok - wrong}
}

// countMessages accounts for all messages, those of the steady phase apart. The steady phase
// was over at ended, which is early if it was broken off.
func (r *repetition) countMessages(ended int64) {
	var of [2]tally
	var all record.Ledger
	excluded := r.excludesSender()
	for i, e := range r.exchanges {
		l := e.ledger()
		all.Add(&l)
		for phase := range of {
			if !excluded || i > 0 {
				of[phase].add(r.tally(e, &l, phase, ended))
			}
		}
	}
	n, other := &r.rep.Counters, &result.Counters{}
	r.adjust(&of, &all)
	r.addUnopened(&of[steady], ended)
	rest := record.Tally{
		Received: all.Received, Duplicates: all.Duplicates - all.Steady.Duplicates,
		OutOfOrder: all.OutOfOrder - all.Steady.OutOfOrder, Corrupt: all.Corrupt - all.Steady.Corrupt,
	}
	fill(n, of[steady], &all.Steady)
	fill(other, of[outside], &rest)
	if !r.job.pushes() { // whose messages are recorded, and not only the gaps between them
		n.Recorded = r.sink.Count()
		if r.noneStamped != "" {
			n.Recorded = r.gaps.Count()
		}
	}
	n.SenderExcluded = excluded
	if r.job.publishes() {
		a := &r.exchanges[0].attempts
		n.Published, other.Published = a[steady].left.Load(), a[outside].left.Load()
	}
	if r.open() {
		n.Planned, other.Planned = of[steady].due, of[outside].due
		if r.job.guide() && r.job.pattern() == proto.Push { // at the server's own pace
			n.Planned, other.Planned = r.allPlanned(steady, ended), r.allPlanned(outside, ended)
		}
		r.countUnsent(n, ended)
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

// tally accounts for what one exchange receives.
func (r *repetition) tally(e *exchange, l *record.Ledger, phase int, ended int64) tally {
	received, wrong, lost, corrupt := l.Steady.Received, l.Steady.Wrong, l.Steady.Lost, l.Steady.Corrupt
	if phase == outside {
		received, wrong, lost, corrupt = l.Received-received, l.Wrong-wrong, l.Lost-min(l.Lost, lost), l.Corrupt-corrupt
	}
	a := &e.attempts[phase]
	due, left, rejected := a.due.Load(), a.left.Load(), a.rejected.Load()
	if r.open() {
		due = max(due, r.planned(e.call.Share, phase, ended))
	}
	switch {
	case r.job.pushes():
		wrong = min(wrong, received)
		return tally{due: received + lost, ok: received - wrong, wrong: wrong, lost: lost}
	case r.job.arrives(): // what arrives answers nothing
		return tally{due: due + lost, sent: left, notSent: due - left, ok: left - rejected, wrong: rejected, lost: lost}
	case r.job.publishes():
		a = &r.exchanges[0].attempts[phase]
		return settle(max(due, a.due.Load()), a.left.Load(), received-min(received, wrong), a.rejected.Load()+wrong+corrupt)
	case r.job.summarized(): // see adjust
		return tally{due: due, sent: left, notSent: due - left}
	case r.job.guide() && r.job.pattern() == proto.Push: // the server numbers what it sends
		return passedOver(received, lost, corrupt)
	case r.job.sends(e.call.Share):
		return settle(due, left, received-min(received, wrong), rejected+wrong+corrupt)
	case r.open() && !e.ended && r.cut(ended): // what was under way then is not lost
		due = min(due, received+lost)
		fallthrough
	case r.open():
		t := settle(due, due, received, corrupt)
		t.sent = 0
		return t
	}
	return passedOver(received, lost, corrupt)
}

// passedOver returns the tally of messages that the server numbers: of the numbers that did not
// come as whole messages, as many as there were corrupt ones are not lost.
func passedOver(received, lost, corrupt uint64) tally {
	wrong := min(lost, corrupt)
	return tally{due: received + lost, ok: received, wrong: wrong, lost: lost - wrong}
}

// planned returns how many messages of a share were due in a phase.
func (r *repetition) planned(share, phase int, ended int64) uint64 {
	from, to := time.Duration(0), r.job.scenario.Phases.Warmup
	if phase == steady {
		from, to = to, r.profile.Length()
	}
	if r.cut(ended) {
		to = min(to, time.Duration(max(0, ended-r.origin)))
	}
	return r.planOf(r.call(share)).CountPlanned(from, to)
}

// cut reports whether the repetition was broken off at ended, before its plan was over.
func (r *repetition) cut(ended int64) bool { return r.cutShort && ended < r.to }

// adjust completes what is known of all streams together alone.
func (r *repetition) adjust(of *[2]tally, all *record.Ledger) {
	switch {
	case r.job.summarized(): // a stream's summary may tell of others' messages
		before := &of[outside]
		*before = settle(before.due, before.sent, min(before.sent, all.Received-all.Steady.Received), all.Corrupt-all.Steady.Corrupt)
		of[steady] = settle(of[steady].due, of[steady].sent, r.sink.Count(), all.Steady.Corrupt)
	case r.job.arrives():
		wrong := total(r.amiss[inSteady].unexpected)
		wrong -= min(wrong, r.attempted(func(a *attempts) uint64 { return a.rejected.Load() + a.refused.Load() }))
		if r.job.pushes() { // those with a number are in their stream's tally
			wrong -= min(wrong, of[steady].wrong)
		}
		of[steady].due += wrong
		of[steady].wrong += wrong
	}
}

func (r *repetition) attempted(count func(*attempts) uint64) (sum uint64) {
	for _, e := range r.exchanges {
		sum += count(&e.attempts[steady])
	}
	return sum
}

// addUnopened adds what was planned for streams that could not be opened.
func (r *repetition) addUnopened(t *tally, ended int64) {
	if !r.open() || r.job.publishes() || len(r.exchanges) == r.job.point.Connections*r.job.point.Streams {
		return
	}
	there := map[int]bool{}
	for _, e := range r.exchanges {
		there[e.call.Share] = true
	}
	for share := range r.job.point.Connections * r.job.point.Streams {
		if !there[share] {
			n := r.planned(share, steady, ended)
			t.due += n
			t.notSent += n
		}
	}
}

// allPlanned returns how many messages of the open streams were due in a phase.
func (r *repetition) allPlanned(phase int, ended int64) (n uint64) {
	for _, e := range r.exchanges {
		n += r.planned(e.call.Share, phase, ended)
	}
	return n
}

// countUnsent tells planned messages that waited for the server from those that the generator
// never got to.
func (r *repetition) countUnsent(n *result.Counters, ended int64) {
	for _, e := range r.exchanges {
		if !r.job.sends(e.call.Share) {
			continue
		}
		n.Waited += e.waited
		planned, due := r.planned(e.call.Share, steady, ended), e.attempts[steady].due.Load()
		rest := planned - min(planned, due)
		if r.job.publishes() {
			rest *= uint64(len(r.exchanges))
		}
		switch {
		case e.holds: // to the end
			n.Waited += rest
		case e.quit, e.own != nil && e.own.over: // for the stream was lost
		default:
			n.NotAttempted += rest
		}
	}
}

// excludesSender reports whether the server sends a publisher's messages to all streams but
// the publisher's own: none came back on it, and some came on others.
func (r *repetition) excludesSender() bool {
	if !r.job.publishes() || len(r.exchanges) < 2 || r.exchanges[0].receiver.Ledger.Received > 0 {
		return false
	}
	for _, e := range r.exchanges[1:] {
		if e.receiver.Ledger.Received > 0 {
			return true
		}
	}
	return false
}

func (e *exchange) ledger() record.Ledger {
	if e.r.job.summarized() {
		if e.summary == nil {
			return record.Ledger{}
		}
		return e.summary.Ledger
	}
	return e.receiver.Ledger
}

// failuresSoFar returns how many messages of the steady phase are known to have failed, those
// left out that may still be answered, and how many errors there were.
func (r *repetition) failuresSoFar() (failed, errors uint64) {
	failed = r.attempted(func(a *attempts) uint64 { return a.due.Load() - a.left.Load() - a.refused.Load() })
	r.mu.Lock()
	defer r.mu.Unlock()
	a := &r.amiss[inSteady]
	failed += total(a.unexpected)
	return failed, failed + total(a.broken) + total(a.refused) + r.unopened
}
