package result

import (
	"fmt"
	"maps"
	"slices"

	"rtbench/proto"
	"rtbench/scenarios/cell"
)

// Judge returns the findings about repetition r of a cell with configuration c. cores is the number of
// cores of the generator's machine.
func Judge(c Config, r *Repetition, cores int) Validity {
	v := judge(c, r, cores)
	if v.Verdict = v.Word(); v.Verdict == "" {
		v.Verdict = Good
	}
	return v
}

func judge(c Config, r *Repetition, cores int) Validity {
	var v Validity
	if judgeFleet(&v, c, r); v.Discarded {
		return v
	}
	judgeServerGone(&v, r.Counters)
	if r.Error != "" {
		kind := RepetitionFailed
		if proto.ReferenceServerExited(r.Error) {
			kind = ServerGone
		}
		v.discard(Finding{Word: ServerFailed, Kind: kind}, "the repetition failed: %s", r.Error)
		if r.Response.Count() == 0 {
			return v
		}
	}
	switch {
	case r.Interrupted && r.Phases.Steady == 0 && r.Error == "":
		v.discard(Finding{Word: NotGenerated}, "the repetition was interrupted before its steady phase")
		return v
	case r.Interrupted:
		v.addReason("", "the repetition was interrupted")
	}
	if r.Aborted != "" {
		v.addReason("", "a threshold ended the repetition early: %s", r.Aborted)
	}
	if r.Response.Count() == 0 && !r.onlyGaps() {
		v.discard(Finding{Word: r.whyNothing()}, "no message was measured%s", explainNoMessages(c, r))
		return v
	}
	alone := len(r.Agents) == 0
	if alone {
		judgeClientPauses(&v, c, r) // first, since a pause explains other reasons
	} else {
		judgeAgents(&v, r)
	}
	judgeClock(&v, r)
	judgeEvents(&v, r)
	judgePlan(&v, c, r)
	judgeStreamTime(&v, c, r)
	judgeSending(&v, c, r)
	judgeCounts(&v, c, r)
	judgeTarget(&v, c, r)
	judgeServerMetrics(&v, r)
	if alone {
		judgeClientGaps(&v, c, r)
		judgeReceiving(&v, c, r)
		judgeNetwork(&v, r)
		judgeClient(&v, c, r, cores)
		judgeMachine(&v, r, cores)
	}
	if c.Overload.For == 0 { // else nothing is steady, and messages depend on each other
		judgeSteady(&v, c, r)
		judgeFlood(&v, r)
		judgeSamples(&v, r)
	}
	return v
}

// judgeSamples finds too few messages, or too few that are independent.
func judgeSamples(v *Validity, r *Repetition) {
	n, need := r.Response.Count(), SamplesFor(99)
	switch effective := r.Independent(99); {
	case n == 0: // gaps only
	case n < need:
		v.addReason(TooLittleData, "p99 needs %d messages, and %s measured%s", need, were(n), r.remedy(n, need))
	case effective < need:
		v.addReason(TooLittleData, "effective sample size is %d (%s autocorrelated messages); p99 needs %d%s", effective, Grouped(n), need, r.remedy(effective, need))
	}
}

// judgeFleet discards a repetition that agents could not begin, or that lost an agent or the coordinator that was to run
// commands.
func judgeFleet(v *Validity, c Config, r *Repetition) {
	switch lost := r.Lost(); {
	case lost != "":
		v.discard(Finding{Word: NotGenerated, Kind: AgentLost}, "the repetition is incomplete: %s", lost)
	case r.NotBegun:
		v.discard(Finding{Word: NotGenerated}, "the load was not generated as planned: %s", r.Error)
	case !r.Collected:
	case slices.ContainsFunc(c.Events, func(e cell.Event) bool { return len(e.Run) > 0 }):
		v.discard(Finding{Word: NotGenerated}, "the coordinator died, which runs the commands of events")
	default:
		v.addReason("", "the coordinator died during the repetition, and its agents finished it: the CPU time and memory of the server are unknown")
	}
}

func were(n int64) string {
	if n == 1 {
		return "1 was"
	}
	return Grouped(n) + " were"
}

// remedy returns the end of a reason with a length of the steady phase for need messages.
func (r *Repetition) remedy(have, need int64) string {
	return Shortage{Steady: r.Phases.Steady, Enough: enough(r.Phases.Steady, have, need)}.remedy()
}

// whyNothing returns the word for a repetition without measured messages: that of the generator if it
// sent nothing and attempted less than half of its plan, or else that of the server.
func (r *Repetition) whyNothing() Word {
	switch n := r.Counters; {
	case n.Sent == 0 && 2*n.NotAttempted > n.Planned:
		return NotGenerated
	case r.Between().Count() > 0:
		return Limited
	}
	return ServerFailed
}

// judgePlan checks that the planned load was generated. A repetition is still used if the server does
// not accept or answer all of it, unless most of the load is missing.
func judgePlan(v *Validity, c Config, r *Repetition) {
	n := r.Unplanned(c)
	if !c.HasPlan() || n.Planned == 0 || r.Interrupted || r.Aborted != "" {
		return
	}
	published := c.FromServer() && n.Sent > 0 // published by the client and delivered by the server
	sent := n.Planned                         // by the server
	switch {
	case published:
		sent -= min(sent, n.NotSent)
	case !c.FromServer():
		sent = min(sent, n.Sent)
	}
	recorded := 100 * float64(n.Recorded) / float64(n.Planned)
	share := fmt.Sprintf("%.1f %% of the planned messages were sent (%s of %s)", 100*float64(sent)/float64(n.Planned), Grouped(sent), Grouped(n.Planned))
	switch {
	case 100*n.NotAttempted > n.Planned:
		v.discard(Finding{Word: NotGenerated}, "the planned load was not generated: %s, and the generator did not attempt %s%s", share, Grouped(n.NotAttempted), n.backpressure())
	case 100*sent < 99*n.Planned && r.occupied(c) > 1:
		v.discard(Finding{Word: NotGenerated, Kind: OneAtATime}, "the planned load was not generated: %s: %s", share, r.oneAtATime())
	case 2*sent < n.Planned:
		v.discard(Finding{Word: NotGenerated}, "the planned load was not generated: %s%s", share, n.backpressure())
	case 100*sent < 99*n.Planned:
		v.addReason(ServerFailed, "only %s: the server did not accept the others, or their streams were not open%s", share, n.backpressure())
	case recorded >= 99:
	case c.FromServer() && !published:
		v.discard(Finding{Word: NotGenerated}, "the planned load was not generated: %.1f %% of the planned messages were measured (%s of %s)%s",
			recorded, Grouped(n.Recorded), Grouped(n.Planned), n.backpressure())
	default:
		v.addReason(ServerFailed, "only %.1f %% of the planned messages were measured (%s of %s): the others were sent but not answered correctly",
			recorded, Grouped(n.Recorded), Grouped(n.Planned))
	}
}

func judgeCounts(v *Validity, c Config, r *Repetition) {
	n := r.Unplanned(c)
	if lost := r.Counters.Lost; c.Read.Slow() && lost > 0 {
		v.addReason("", "%s missed by readers of %v (%s measured)", were(int64(lost)), c.Read, Grouped(r.Counters.Recorded))
	}
	for _, e := range []struct {
		count uint64
		fate  string
		word  Word
	}{
		{n.Lost, "lost", ServerFailed},
		{n.Duplicates, "duplicated", ServerFailed},
		{n.OutOfOrder, "out of order", ServerFailed},
		{n.Corrupt, "corrupt", ServerFailed},
		{n.Dropped, "dropped by the server's full subscriber queues", ServerFailed},
		{n.Clamped, "outside the histogram's range", Limited},
	} {
		if e.count > 0 {
			v.addReason(e.word, "%s %s (%s measured)", Plural(e.count, "message"), e.fate, Grouped(n.Recorded))
		}
	}
	broken := r.AllPhases().Errors
	for _, class := range slices.Sorted(maps.Keys(broken)) {
		v.addReason(endWord(c), "streams broke %s%s: %s", Plural(broken[class], "time"), r.inOtherPhases(func(n *Counters) uint64 { return n.Errors[class] }), class)
	}
}

// endWord returns the word for streams that the server ended. It may end those of slow readers.
func endWord(c Config) Word {
	if c.Read.Slow() {
		return ""
	}
	return ServerFailed
}
