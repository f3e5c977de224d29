package session

import (
	"fmt"
	"slices"
	"time"

	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/proto/record"
	"rtbench/report/result"
)

func (a *accounts) arrivals() {
	custom := a.Scenario.Custom
	out := &result.Arrivals{StallAfter: custom.Stall, Gap: a.rep.Response}
	first := record.NewHistogram()
	for _, e := range a.sessions {
		in := &e.pushed.arrivals
		for _, d := range in.first {
			_ = first.RecordValue(min(max(d, 1), record.Highest))
		}
		out.Untimed += in.untimed
		if in.lastOnStream == 0 && e.opened > 0 {
			out.Silent++
		}
		out.Stalls += in.stalls
		out.Longest = max(out.Longest, time.Duration(in.longest))
		out.Stamped += in.stamped
		out.Bunched += in.bunched
	}
	out.First = result.Wrap(first)
	none := result.Wrap(record.NewHistogram()) // the generator sent nothing
	a.rep.Service, a.rep.Lag = none, none
	if a.gaps.sink != nil {
		out.Gap = result.Wrap(a.gaps.sink.Totals().Response)
		a.boundOneWay(out)
	}
	a.rep.Arrivals = out
}

// maxBoundRatio is the least ratio of the median one-way time to the clock offset's bound.
const maxBoundRatio = 10

// boundOneWay discards one-way times if the clocks may differ by more than a tenth of them.
func (a *accounts) boundOneWay(out *result.Arrivals) {
	stamp := &a.Scenario.Custom.Stamp
	p50 := a.rep.Response.Quantile(50)
	if out.Bound = stamp.Bound; stamp.Bound >= 0 {
		out.Bound += resolution[stamp.Unit]
	}
	switch {
	case a.gaps.noneStamped != "":
		out.Refused = a.gaps.noneStamped
	case out.Bound < 0:
		out.Refused = "the offset of the server's clock is unknown; expected stamp.bound"
	case a.rep.Response.Count() > 0 && out.Bound*maxBoundRatio > p50:
		out.Refused = fmt.Sprintf("stamps are accurate to %v (unit plus stamp.bound), but the median one-way time is %v; expected a tenth of it or less: use a finer unit", out.Bound, p50.Round(time.Microsecond))
	default:
		return
	}
	none := result.Wrap(record.NewHistogram())
	a.rep.Response, a.rep.Timeline = none, nil
}

// resolution is the largest error of a truncated stamp.
var resolution = map[string]time.Duration{"us": time.Microsecond, "ms": time.Millisecond, "s": time.Second}

// endSilences ends the silences that last beyond the steady phase, also on streams that broke and
// were not reopened. A silence longer than all gaps of its stream is recorded as a gap of at
// least its length.
func (a *accounts) endSilences() {
	if !a.traffic.gaps {
		return
	}
	end := a.End
	came := slices.ContainsFunc(a.sessions, func(e *Session) bool { return e.pushed.lastArrival >= a.From })
	for _, e := range a.sessions {
		in := &e.pushed.arrivals
		since := max(in.lastArrival, a.From)
		if finished := e.streamTime.finishedBefore(end); finished || since >= end {
			continue
		}
		if came && in.lastArrival != 0 && end-since > in.longest {
			in.gap.RecordTime(since, end-1) // in the last slot of the timeline
		}
		in.addSilence(end-since, int64(a.Scenario.Custom.Stall))
	}
}

// noteGap records the gap before a message. It counts from the first of its two messages, even if the
// stream broke in between. The very first message has no gap and is never due.
func (e push) noteGap(a *arrivals, seq uint64, first bool, at int64) {
	since := e.gapStart(a, first, at)
	a.lastArrival = at
	a.gap.Note(proto.Header{Seq: seq, Intended: since, Sent: since}, codec.Intact, at)
	e.noteInterval(a, first, since, at)
}

// noteInterval records the time since the previous message, or for a stream's first message the
// time since its opening.
func (e push) noteInterval(a *arrivals, first bool, since, at int64) {
	if e.g.Sink.Steady(since) {
		a.addSilence(at-since, int64(e.g.Scenario.Custom.Stall))
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
	since, from := a.lastArrival, e.g.From
	stall := int64(e.g.Scenario.Custom.Stall)
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
