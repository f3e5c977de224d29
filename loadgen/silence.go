package loadgen

import "slices"

// noteInterval records the time since the previous message, or for a stream's first message the
// time since its opening.
func (e push) noteInterval(a *arrivals, first bool, since, at int64) {
	if e.r.sink.Steady(since) {
		a.addSilence(at-since, int64(e.r.job.scenario.Custom.Stall))
	}
	if !first {
		return
	}
	// Messages that arrived before receiving began, while other streams were opened, have no
	// time.
	if first := at - e.opened; 10*(e.receiveStart-e.opened) <= first {
		a.first = append(a.first, first)
	} else {
		a.untimed++
	}
}

// gapStart returns the start of the gap that ends with a message at at, or 0 if there is none. A
// silence that began in the warm-up counts from the start of the steady phase.
func (e push) gapStart(a *arrivals, first bool, at int64) int64 {
	since, from := a.lastArrival, e.r.from
	stall := int64(e.r.job.scenario.Custom.Stall)
	if since != 0 && since < from && at > from && (first || stall > 0 && at-from >= stall) {
		return from
	}
	return since
}

func (a *arrivals) addSilence(length, stall int64) {
	a.longest = max(a.longest, length)
	if stall > 0 && length >= stall {
		a.stalls++
	}
}

// endSilences ends the silences that last beyond the steady phase, also on streams that broke and
// were not reopened. A silence longer than all gaps of its stream is recorded as a gap of at
// least its length.
func (r *repetition) endSilences() {
	if !r.traffic.gaps {
		return
	}
	end := r.steadyEnd
	came := slices.ContainsFunc(r.exchanges, func(e *exchange) bool { return e.pushed.lastArrival >= r.from })
	for _, e := range r.exchanges {
		a := e.pushed.arrivals
		since := max(a.lastArrival, r.from)
		if finished := e.streamTime.endedInOrder && e.streamTime.endedAt != 0 && e.streamTime.endedAt < end; finished || since >= end {
			continue
		}
		if came && a.lastArrival != 0 && end-since > a.longest {
			of := e.receiver
			if a.gap != nil {
				of = a.gap
			}
			of.RecordTime(since, end-1) // in the last slot of the timeline
		}
		a.addSilence(end-since, int64(r.job.scenario.Custom.Stall))
	}
}
