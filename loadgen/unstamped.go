package loadgen

import (
	"fmt"

	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/proto/record"
)

// Some messages lack the stamp that they should carry. If any message of the repetition has a
// stamp, those without are heartbeats or the like and count as unmatched. If none has, all are
// arrivals, and only one-way times are unknown. Both are counted until the first stamp decides.

// prepareUnstamped creates the recorders of gaps between unstamped messages.
func (r *repetition) prepareUnstamped() {
	r.unstampedGaps = record.NewSink(r.from, r.to)
	for i, rec := range record.NewRecorders(r.unstampedGaps, len(r.exchanges)) {
		e := r.exchanges[i]
		e.pushed.unstamped = &arrivals{recorder: rec, gap: record.NewReceiver(rec, e.call)}
	}
}

// takeUnstamped records an unstamped message.
func (e push) takeUnstamped(at int64) {
	u := e.pushed.unstamped
	if u == nil || e.r.stamped.Load() {
		return
	}
	first := u.lastOnStream == 0
	u.lastOnStream = at
	if e.r.runEnd.Load() != 0 {
		u.after++
		e.pushed.sawLater.Store(true)
		return
	}
	since := e.gapStart(u, first, at)
	u.lastArrival = at
	u.gap.Note(proto.Header{Seq: u.received, Intended: since, Sent: since}, codec.Intact, at)
	u.received++
	e.noteInterval(u, first, since, at)
}

// countUnstamped counts a message without a stamp.
func (r *repetition) countUnstamped(b []byte, expected bool) {
	a := &r.failures[r.phase.Load()]
	r.noteUnmatched(&a.unstamped, b)
	if !expected {
		a.unstampedWrong.Add(1)
	}
}

// resolveUnstamped decides, after the end, whether unstamped messages were unmatched or arrivals.
func (r *repetition) resolveUnstamped() {
	if r.unstampedGaps == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stamped.Load() {
		for i := range r.failures {
			r.failures[i].unmatched.merge(&r.failures[i].unstamped)
		}
		return
	}
	var came uint64
	for _, e := range r.exchanges {
		came += e.pushed.unstamped.gap.Ledger.Received
	}
	if came == 0 {
		return
	}
	r.noneStamped = fmt.Sprintf("no message has a time in %s", r.job.scenario.Custom.Stamp.Field)
	for i := range r.failures {
		a := &r.failures[i]
		if kinds := a.unstamped.sorted(); len(kinds) > 0 {
			r.noneStamped = fmt.Sprintf("no message has a time in %s (found %s)", r.job.scenario.Custom.Stamp.Field, kinds[0].Example)
		}
		for range a.unstampedWrong.Load() {
			countClass(&a.unexpected, script.NotAsExpected)
		}
	}
	r.gaps = r.unstampedGaps
	for _, e := range r.exchanges {
		u := e.pushed.unstamped
		u.recorder.Flush()
		e.pushed.arrivals, e.receiver.Ledger = u, u.gap.Ledger
	}
}
