package result

import (
	"cmp"
	"fmt"
	"slices"

	"rtbench/proto"
)

// surplus returns the number of unsolicited messages that may have been mistaken for a reply in the
// steady phase. In an open loop the effect of one during warm-up is over by then; in a closed loop
// each leaves one more message outstanding until the end.
func (r *Repetition) surplus(c Config) uint64 {
	n := r.Counters.Surplus
	if r.OtherPhases.Drain != nil {
		n += r.OtherPhases.Drain.Surplus
	}
	if r.OtherPhases.Warmup != nil && c.Model == "closed" {
		n += r.OtherPhases.Warmup.Surplus
	}
	return n
}

// judgeOrder checks replies matched by order alone. If one is missing or unsolicited, all later
// ones are matched with the wrong request. A reply missing because its stream broke is harmless,
// since no other follows it.
func judgeOrder(v *Validity, c Config, r *Repetition) {
	lost, surplus, whole := r.Counters.Lost, r.surplus(c), r.AllPhases()
	intact := whole.Reopened == 0 && total(whole.Errors) == 0
	switch {
	case surplus > 0 && c.Model == "closed":
		v.markUnusable(append(allTimes(), ThroughputMetric),
			"%s answered no request (match: order): others like them may have been counted as replies, and each made the closed loop send one more; use match: {field: …}, or ignore: for messages that are not replies",
			Plural(surplus, "message"))
	case intact && surplus > 0:
		v.markUnusable(allTimes(), "replies were matched by order, but %s were lost and %s answered no request: later times belong to other messages; use match: {field: …}, or ignore: for messages that are not replies",
			Grouped(lost), Plural(surplus, "message"))
	case intact && lost > 0:
		v.markUnusable(allTimes(), "replies were matched by order, but %s were lost: later times belong to other messages; use match: {field: …}", Grouped(lost))
	}
}

// judgeReplies checks for messages that were not as expected.
func judgeReplies(v *Validity, n Counters) {
	unexpected := total(n.Unexpected)
	if unexpected == 0 {
		return
	}
	all := unexpected + n.Recorded
	list := filterKind(Failures(n), Unexpected)
	if unsent := n.unconnected(); unsent > 0 {
		unsent = max(unsent, unexpected-min(unexpected, n.ErrorReplies))
		v.addReason(Suspect, "%s not sent for lack of a connection, %.1f %% (%s measured)%s",
			Plural(unsent, "message"), 100*float64(unsent)/float64(all), Grouped(n.Recorded), mostFrequent(list))
		if unexpected -= unsent; unexpected == 0 {
			return
		}
		list = slices.DeleteFunc(list, func(t Failure) bool { return n.isConnectionRefused(t.Class) })
	}
	share := 100 * float64(unexpected) / float64(all)
	most := mostFrequent(list)
	if other := unexpected - n.Unexpected[proto.NoStamp]; other > 0 && other >= n.Recorded {
		v.addReason(Invalid, "at least half of the messages were %s: %s, %.1f %% (%s measured)%s", n.describeUnexpected(), Grouped(unexpected), share, Grouped(n.Recorded), most)
		return
	}
	v.addReason(Suspect, "%s %s, %.1f %% (%s measured)%s", Plural(unexpected, "message"), n.describeUnexpected(), share, Grouped(n.Recorded), most)
}

func filterKind(list []Failure, kind FailureKind) []Failure {
	return slices.DeleteFunc(slices.Clone(list), func(t Failure) bool { return t.Kind != kind })
}

// mostFrequent returns the end of a reason with the most frequent failure and its example; empty if
// there are no failures.
func mostFrequent(list []Failure) string { return mostFrequentIn("", list) }

func mostFrequentIn(where string, list []Failure) string {
	if len(list) == 0 {
		return ""
	}
	most := slices.MaxFunc(list, func(a, b Failure) int { return cmp.Compare(a.Count, b.Count) })
	return fmt.Sprintf("; most often%s %s", where, most.Text(exampleLength))
}

// exampleLength is the maximum length of an example in a reason.
const exampleLength = 200
