package loadgen

import "slices"

// interval notes in a the time since the message before, and of the first of a stream that from
// its opening, to one that came at at.
func (e arriving) interval(a *arrivals, first bool, since, at int64) {
	if e.r.sink.Steady(since) {
		a.silence(at-since, int64(e.r.job.scenario.Custom.Stall))
	}
	if !first {
		return
	}
	// What came before anybody listened, while others were opened, has no time.
	if first := at - e.own.opened; 10*(e.own.listening-e.own.opened) <= first {
		a.first = append(a.first, first)
	} else {
		a.untimed++
	}
}

// silentSince returns from when the gap counts that a message at at ends, 0 if there is none. A
// silence that has begun in the warm-up counts from the beginning of the steady phase on.
func (e arriving) silentSince(a *arrivals, first bool, at int64) int64 {
	since, from := a.heard, e.r.from
	stall := int64(e.r.job.scenario.Custom.Stall)
	if since != 0 && since < from && at > from && (first || stall > 0 && at-from >= stall) {
		return from
	}
	return since
}

func (a *arrivals) silence(length, stall int64) {
	a.longest = max(a.longest, length)
	if stall > 0 && length >= stall {
		a.stalls++
	}
}

// endSilences ends the silences that go on when the steady phase ends, also those of streams
// that broke and were not reopened. One that is longer than all gaps of its stream is recorded
// as a gap of at least that length.
func (r *repetition) endSilences() {
	if !r.job.arrives() {
		return
	}
	end := r.steadyEnd
	came := slices.ContainsFunc(r.exchanges, func(e *exchange) bool { return e.own.heard >= r.from })
	for _, e := range r.exchanges {
		a := e.own.arrivals
		since := max(a.heard, r.from)
		if finished := e.time.ordered && e.time.since != 0 && e.time.since < end; finished || since >= end {
			continue
		}
		if came && a.heard != 0 && end-since > a.longest {
			of := e.receiver
			if a.gap != nil {
				of = a.gap
			}
			of.RecordTime(since, end-1) // in the last slot of the timeline
		}
		a.silence(end-since, int64(r.job.scenario.Custom.Stall))
	}
}
