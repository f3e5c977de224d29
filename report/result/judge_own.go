package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// judgeOwn judges conditions that only a custom target can cause. An unverified certificate is
// no doubt about the times.
func judgeOwn(v *Validity, c Config, r *Repetition) {
	judgeStreams(v, c, r)
	judgeReplies(v, r.Counters)
	if c.Match == "order" {
		judgeOrder(v, c, r)
	}
	if c.Times == TimesOneWay && 2*r.Counters.Clamped > r.Counters.Recorded {
		v.spoil(allTimes(), "messages arrived before their stamps: the server's clock is ahead by more than stamp.bound")
	}
	if c.Deflate != "" && r.Error == "" && !strings.Contains(r.Negotiated, "permessage-deflate") {
		v.object(Suspect, "the server did not negotiate the requested compression: messages were sent uncompressed")
	}
	a := r.Arrivals
	switch {
	case a == nil:
	case a.Refused != "" && c.Times == TimesGap: // gaps need only this machine's clock
		v.object(Suspect, "one-way times refused: %s", a.Refused)
	case a.Refused != "":
		v.spoil(allTimes(), "one-way times refused: %s", a.Refused)
	case r.Response.Count() == 0:
		v.spoil(allTimes(), "no one-way time was measured%s", whyNone(c, r))
	}
}

// onlyGaps reports whether gaps between arrivals were measured, which need no stamp of the
// server's, but no one-way times.
func (r *Repetition) onlyGaps() bool {
	return r.Arrivals != nil && (r.Arrivals.Refused != "" || r.Arrivals.Gap.Count() > 0)
}

// NoStamp is the class in Counters.Unexpected of messages that lack the expected stamp.
const NoStamp = "no stamp"

// judgeStreams finds streams that were not open from the beginning to the end.
func judgeStreams(v *Validity, c Config, r *Repetition) {
	n := r.Whole()
	refused := ofKind(Troubles(n), Refused)
	switch {
	case n.Unopened > 0 && 2*float64(n.Unopened) >= c.allStreams():
		v.object(Invalid, "%d of %.0f streams could never be opened: the planned load was not generated%s", n.Unopened, c.allStreams(), mostFrequent(refused))
	case n.Unopened > 0:
		v.object(Suspect, "%d of %.0f streams could never be opened: the others generated all load%s", n.Unopened, c.allStreams(), mostFrequent(refused))
	case len(refused) > 0:
		v.object(Suspect, "opening a stream failed %s%s%s", Plural(total(n.Refused), "time"),
			r.elsewhere(func(n *Counters) uint64 { return total(n.Refused) }), mostFrequent(refused))
	}
	if n.Reopened > n.Completed {
		completed := ""
		if n.Completed > 0 {
			completed = fmt.Sprintf("; %s ended normally after their messages", Plural(n.Completed, "stream"))
		}
		v.object(Suspect, "streams were reopened %s%s%s", Plural(n.Reopened, "time"),
			r.elsewhere(func(n *Counters) uint64 { return n.Reopened }), completed)
	}
	if closed := total(n.Closed); closed > n.Completed {
		v.object(Suspect, "the server closed streams %s%s%s", Plural(closed, "time"),
			r.elsewhere(func(n *Counters) uint64 { return total(n.Closed) }), mostFrequent(ofKind(Troubles(n), Closed)))
	}
}

// surplus returns how many unsolicited messages may have taken a reply's place in the steady
// phase. In an open loop, the effect of one in the warm-up is over by then; in a closed loop,
// each leaves one more message outstanding to the end.
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

// judgeOrder judges replies that were matched by order alone: if one is missing or one too many
// came, later ones were matched with other requests. Replies that are missing because a stream
// broke do no harm, as no reply follows them.
func judgeOrder(v *Validity, c Config, r *Repetition) {
	lost, surplus, whole := r.Counters.Lost, r.surplus(c), r.Whole()
	intact := whole.Reopened == 0 && total(whole.Errors) == 0
	switch {
	case surplus > 0 && c.Model == "closed":
		v.spoil(append(allTimes(), ThroughputMetric),
			"%s answered no request (match: order): others like them may have been counted as replies, and each made the closed loop send one more; use match: {field: …}, or ignore: for messages that are not replies",
			Plural(surplus, "message"))
	case intact && surplus > 0:
		v.spoil(allTimes(), "replies were matched by order, but %s were lost and %s answered no request: later times are another message's; use match: {field: …}, or ignore: for messages that are not replies",
			grouped(lost), Plural(surplus, "message"))
	case intact && lost > 0:
		v.spoil(allTimes(), "replies were matched by order, but %s were lost: later times are another message's; use match: {field: …}", grouped(lost))
	}
}

// judgeReplies judges messages that were not as expected.
func judgeReplies(v *Validity, n Counters) {
	unexpected := total(n.Unexpected)
	if unexpected == 0 {
		return
	}
	all := unexpected + n.Recorded
	list := ofKind(Troubles(n), Unexpected)
	if unsent := n.unconnected(); unsent > 0 {
		unsent = max(unsent, unexpected-min(unexpected, n.ErrorReplies))
		v.object(Suspect, "%s not sent for lack of a connection, %.1f %% (%s measured)%s",
			Plural(unsent, "message"), 100*float64(unsent)/float64(all), grouped(n.Recorded), mostFrequent(list))
		if unexpected -= unsent; unexpected == 0 {
			return
		}
		list = slices.DeleteFunc(list, func(t Trouble) bool { return n.noServer(t.Class) })
	}
	share := 100 * float64(unexpected) / float64(all)
	most := mostFrequent(list)
	if other := unexpected - n.Unexpected[NoStamp]; other > 0 && other >= n.Recorded {
		v.object(Invalid, "half of the messages or more were %s: %s, %.1f %% (%s measured)%s", n.wrongness(), grouped(unexpected), share, grouped(n.Recorded), most)
		return
	}
	v.object(Suspect, "%s %s, %.1f %% (%s measured)%s", Plural(unexpected, "message"), n.wrongness(), share, grouped(n.Recorded), most)
}

func ofKind(list []Trouble, kind TroubleKind) []Trouble {
	return slices.DeleteFunc(slices.Clone(list), func(t Trouble) bool { return t.Kind != kind })
}

// mostFrequent names the most frequent class with its example, for the end of a reason; empty
// if nothing went wrong.
func mostFrequent(list []Trouble) string {
	if len(list) == 0 {
		return ""
	}
	most := slices.MaxFunc(list, func(a, b Trouble) int { return cmp.Compare(a.Count, b.Count) })
	return mostOften + most.Text(exampleInReason)
}

const mostOften = "; most often "

// exampleInReason is how long an example can be in a reason.
const exampleInReason = 200
