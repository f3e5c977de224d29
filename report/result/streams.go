package result

import "fmt"

// judgeStreams checks that streams were open from beginning to end.
func judgeStreams(v *Validity, c Config, r *Repetition) {
	n := r.AllPhases()
	refused := filterKind(Failures(n), Refused)
	switch {
	case n.Unopened > 0 && 2*float64(n.Unopened) >= c.AllStreams():
		v.addReason(Invalid, "%d of %.0f streams could never be opened: the planned load was not generated%s", n.Unopened, c.AllStreams(), mostFrequent(refused))
	case n.Unopened > 0:
		v.addReason(Suspect, "%d of %.0f streams could never be opened: the others generated all load%s", n.Unopened, c.AllStreams(), mostFrequent(refused))
	case len(refused) > 0:
		v.addReason(Suspect, "opening a stream failed %s%s%s", Plural(total(n.Refused), "time"),
			r.inOtherPhases(func(n *Counters) uint64 { return total(n.Refused) }), mostFrequent(refused))
	}
	if n.Reopened > n.Completed {
		completed := ""
		if n.Completed > 0 {
			completed = fmt.Sprintf("; %s ended normally after their messages", Plural(n.Completed, "stream"))
		}
		v.addReason(Suspect, "streams were reopened %s%s%s", Plural(n.Reopened, "time"),
			r.inOtherPhases(func(n *Counters) uint64 { return n.Reopened }), completed)
	}
	if closed := total(n.Closed); closed > n.Completed {
		v.addReason(Suspect, "the server closed streams %s%s%s", Plural(closed, "time"),
			r.inOtherPhases(func(n *Counters) uint64 { return total(n.Closed) }), mostFrequent(filterKind(Failures(n), Closed)))
	}
}
