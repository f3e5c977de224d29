package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rtbench/proto"
)

// judgeTarget checks for problems that only custom targets can have. An unverified certificate does
// not affect the times.
func judgeTarget(v *Validity, c Config, r *Repetition) {
	judgeStreams(v, c, r)
	judgeReplies(v, r.Counters)
	if c.Match == "order" {
		judgeOrder(v, c, r)
	}
	if c.Times == TimesOneWay && 2*r.Counters.Clamped > r.Counters.Recorded {
		v.add(Finding{Word: Limited, Unusable: allTimes()}, "messages arrived before their stamps: the server's clock is ahead by more than stamp.bound")
	}
	if c.Deflate != "" && r.Error == "" && !strings.Contains(r.Negotiated, "permessage-deflate") {
		v.addReason(Limited, "the server did not negotiate the requested compression: messages were sent uncompressed")
	}
	a := r.Arrivals
	switch {
	case a == nil:
	case a.Refused != "" && c.Times == TimesGap: // gaps only need this machine's clock
		v.addReason(Limited, "one-way times refused: %s", a.Refused)
	case a.Refused != "":
		v.add(Finding{Word: Limited, Unusable: allTimes()}, "one-way times refused: %s", a.Refused)
	case r.Response.Count() == 0:
		v.add(Finding{Word: ServerFailed, Unusable: allTimes()}, "no one-way time was measured%s", explainNoMessages(c, r))
	}
}

// onlyGaps reports whether gaps between arrivals were measured but no one-way times.
func (r *Repetition) onlyGaps() bool {
	return r.Arrivals != nil && (r.Arrivals.Refused != "" || r.Arrivals.Gap.Count() > 0)
}

// judgeStreams checks that streams were open from beginning to end.
func judgeStreams(v *Validity, c Config, r *Repetition) {
	n := r.AllPhases()
	n.Reopened -= min(n.Reopened, r.plannedReturns())
	refused := filterKind(Failures(n), Refused)
	switch {
	case n.Unopened > 0 && 2*float64(n.Unopened) >= c.AllStreams():
		v.discard(Finding{Word: ServerFailed}, "%d of %.0f streams could never be opened: the planned load was not generated%s", n.Unopened, c.AllStreams(), mostFrequent(refused))
	case n.Unopened > 0:
		v.addReason(ServerFailed, "%d of %.0f streams could never be opened: the others generated all load%s", n.Unopened, c.AllStreams(), mostFrequent(refused))
	case len(refused) > 0:
		v.addReason(ServerFailed, "opening a stream failed %s%s%s", Plural(total(n.Refused), "time"),
			r.inOtherPhases(func(n *Counters) uint64 { return total(n.Refused) }), mostFrequent(refused))
	}
	if n.Reopened > n.Completed {
		completed := ""
		if n.Completed > 0 {
			completed = fmt.Sprintf("; %s ended normally after their messages", Plural(n.Completed, "stream"))
		}
		v.addReason(endWord(c), "streams were reopened %s%s%s", Plural(n.Reopened, "time"),
			r.inOtherPhases(func(n *Counters) uint64 { return n.Reopened }), completed)
	}
	if closed := total(n.Closed); closed > n.Completed {
		v.addReason(endWord(c), "the server closed streams %s%s%s", Plural(closed, "time"),
			r.inOtherPhases(func(n *Counters) uint64 { return total(n.Closed) }), mostFrequent(filterKind(Failures(n), Closed)))
	}
}

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
		v.add(Finding{Word: Limited, Unusable: append(allTimes(), ThroughputMetric)},
			"%s answered no request (match: order): others like them may have been counted as replies, and each made the closed loop send one more; use match: {field: …}, or ignore: for messages that are not replies",
			Plural(surplus, "message"))
	case intact && surplus > 0:
		v.add(Finding{Word: Limited, Unusable: allTimes()}, "replies were matched by order, but %s were lost and %s answered no request: later times belong to other messages; use match: {field: …}, or ignore: for messages that are not replies",
			Grouped(lost), Plural(surplus, "message"))
	case intact && lost > 0:
		v.add(Finding{Word: Limited, Unusable: allTimes()}, "replies were matched by order, but %s were lost: later times belong to other messages; use match: {field: …}", Grouped(lost))
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
		v.addReason(ServerFailed, "%s not sent for lack of a connection, %.1f %% (%s measured)%s",
			Plural(unsent, "message"), 100*float64(unsent)/float64(all), Grouped(n.Recorded), mostFrequent(list))
		if unexpected -= unsent; unexpected == 0 {
			return
		}
		list = slices.DeleteFunc(list, func(t Failure) bool { return n.isConnectionRefused(t.Class) })
	}
	share := 100 * float64(unexpected) / float64(all)
	most := mostFrequent(list)
	if other := unexpected - n.Unexpected[proto.NoStamp]; other > 0 && other >= n.Recorded {
		v.discard(Finding{Word: ServerFailed}, "at least half of the messages were %s: %s, %.1f %% (%s measured)%s", n.describeUnexpected(), Grouped(unexpected), share, Grouped(n.Recorded), most)
		return
	}
	v.addReason(ServerFailed, "%s %s, %.1f %% (%s measured)%s", Plural(unexpected, "message"), n.describeUnexpected(), share, Grouped(n.Recorded), most)
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

// judgeServerGone detects a server that answered and then stopped listening: streams ended and
// could not be reopened.
func judgeServerGone(v *Validity, n Counters) {
	var refused uint64
	for class, count := range n.Refused {
		if n.isConnectionRefused(class) {
			refused += count
		}
	}
	calls := n.unconnected()
	ended := total(n.Errors) + total(n.Closed)
	switch {
	case calls > 0 && n.Recorded > 0:
		v.add(Finding{Word: ServerFailed, Kind: ServerGone}, "the server went away: %s failed with connection refused after %s had succeeded", Plural(calls, "call"), Grouped(n.Recorded))
	case refused > 0 && ended > 0:
		v.add(Finding{Word: ServerFailed, Kind: ServerGone}, "the server went away: %s ended, and reopening failed %s with connection refused", Plural(ended, "stream"), Plural(refused, "time"))
	}
}

// isConnectionRefused reports whether a class means that nothing listens at the target's address.
func (n Counters) isConnectionRefused(class string) bool {
	return proto.IsConnectionRefused(class) || proto.IsConnectionRefused(n.Examples[class])
}

// unconnected counts the messages that failed because nothing listened at the target's address.
func (n Counters) unconnected() (sum uint64) {
	for class, count := range n.Unexpected {
		if n.isConnectionRefused(class) {
			sum += count
		}
	}
	return sum
}
