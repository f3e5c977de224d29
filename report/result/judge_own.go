package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// judgeOwn judges what happens with servers of the user's own alone. That a certificate was
// not verified is no doubt about the times.
func judgeOwn(v *Validity, c Config, r *Repetition) {
	judgeStreams(v, c, r)
	judgeReplies(v, r.Counters)
	if c.Match == "order" {
		judgeOrder(v, c, r)
	}
	if c.Times == TimesOneWay && 2*r.Counters.Clamped > r.Counters.Recorded {
		v.spoil(allTimes(), "messages came before their stamps say that they were sent: the server's clock is ahead by more than is known of it (stamp.bound)")
	}
	if c.Deflate != "" && r.Error == "" && !strings.Contains(r.Negotiated, "permessage-deflate") {
		v.object(Suspect, "compression was asked for and the server did not agree to it: messages went as they are")
	}
	a := r.Arrivals
	switch {
	case a == nil:
	case a.Refused != "" && c.Times == TimesGap: // which need no clock but this machine's
		v.object(Suspect, "one-way times refused: %s", a.Refused)
	case a.Refused != "":
		v.spoil(allTimes(), "one-way times refused: %s", a.Refused)
	case r.Response.Count() == 0:
		v.spoil(allTimes(), "no one-way time was measured%s", whyNone(c, r))
	}
}

// onlyGaps reports whether the times between arrivals were measured, which need no stamp of
// the server's, and one-way times were not.
func (r *Repetition) onlyGaps() bool {
	return r.Arrivals != nil && (r.Arrivals.Refused != "" || r.Arrivals.Gap.Count() > 0)
}

// NoStamp is the class in Counters.Unexpected of messages without a time of the server's where
// one was expected.
const NoStamp = "no stamp"

// judgeStreams judges streams that were not there from the beginning to the end.
func judgeStreams(v *Validity, c Config, r *Repetition) {
	n := r.Whole()
	refused := ofKind(Troubles(n), Refused)
	switch {
	case n.Unopened > 0 && 2*float64(n.Unopened) >= c.allStreams():
		v.object(Invalid, "%d of %.0f streams could never be opened: the load was not what was asked for%s", n.Unopened, c.allStreams(), mostFrequent(refused))
	case n.Unopened > 0:
		v.object(Suspect, "%d of %.0f streams could never be opened: the load was that of the others%s", n.Unopened, c.allStreams(), mostFrequent(refused))
	case len(refused) > 0:
		v.object(Suspect, "attempts to open a stream that failed: %d%s%s", total(n.Refused),
			r.elsewhere(func(n *Counters) uint64 { return total(n.Refused) }), mostFrequent(refused))
	}
	if n.Reopened > n.Completed {
		inOrder := ""
		if n.Completed > 0 {
			inOrder = fmt.Sprintf("; %s had ended in order after their messages", Plural(n.Completed, "stream"))
		}
		v.object(Suspect, "streams opened anew after they broke or ended: %d%s%s", n.Reopened,
			r.elsewhere(func(n *Counters) uint64 { return n.Reopened }), inOrder)
	}
	if closed := total(n.Closed); closed > n.Completed {
		v.object(Suspect, "streams closed by the server: %d%s%s", closed,
			r.elsewhere(func(n *Counters) uint64 { return total(n.Closed) }), mostFrequent(ofKind(Troubles(n), Closed)))
	}
}

// surplus returns how many messages came that may have taken a reply's place in the steady
// phase. In an open loop one in the warm-up has given it back by then; in a closed loop each
// leaves one more message outstanding to the end.
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

// judgeOrder judges replies that were told apart by their order alone: where one is missing
// or one too many came, those after it were taken for others'. What was under way when a
// stream broke is missing too, and no reply follows it.
func judgeOrder(v *Validity, c Config, r *Repetition) {
	lost, surplus, whole := r.Counters.Lost, r.surplus(c), r.Whole()
	intact := whole.Reopened == 0 && total(whole.Errors) == 0
	switch {
	case surplus > 0 && c.Model == "closed":
		v.spoil(append(allTimes(), ThroughputMetric),
			"%s came that answer nothing: with match: order others like them were taken for replies, and for each the closed loop sent one message more; use match: {field: …}, or ignore: for messages that are no replies",
			Plural(surplus, "message"))
	case intact && surplus > 0:
		v.spoil(allTimes(), "replies were told apart by their order; %d did not come, and %s that answer nothing: the times of those after are another message's; use match: {field: …}, or ignore: for messages that are no replies",
			lost, Plural(surplus, "message")+" came")
	case intact && lost > 0:
		v.spoil(allTimes(), "replies were told apart by their order, and %d did not come: the times of those after are another message's; use match: {field: …}", lost)
	}
}

// judgeReplies judges messages that were not as they were expected.
func judgeReplies(v *Validity, n Counters) {
	unexpected := total(n.Unexpected)
	if unexpected == 0 {
		return
	}
	all := unexpected + n.Recorded
	list := ofKind(Troubles(n), Unexpected)
	if unsent := n.unconnected(); unsent > 0 { // which nobody answered
		unsent = max(unsent, unexpected-min(unexpected, n.ErrorReplies))
		v.object(Suspect, "messages not sent, since their call had no connection: %.1f %%, %d beside %d measured%s",
			100*float64(unsent)/float64(all), unsent, n.Recorded, mostFrequent(list))
		if unexpected -= unsent; unexpected == 0 {
			return
		}
		list = slices.DeleteFunc(list, func(t Trouble) bool { return n.noServer(t.Class) })
	}
	share := 100 * float64(unexpected) / float64(all)
	most := mostFrequent(list)
	if other := unexpected - n.Unexpected[NoStamp]; other > 0 && other >= n.Recorded {
		v.object(Invalid, "what was measured is not what was asked for: %.1f %% of the messages were %s, %d beside %d measured%s", share, n.wrongness(), unexpected, n.Recorded, most)
		return
	}
	v.object(Suspect, "messages %s: %.1f %%, %d beside %d measured%s", n.wrongness(), share, unexpected, n.Recorded, most)
}

func ofKind(list []Trouble, kind TroubleKind) []Trouble {
	return slices.DeleteFunc(slices.Clone(list), func(t Trouble) bool { return t.Kind != kind })
}

// mostFrequent names the most frequent class with its example, for the end of a reason;
// empty where nothing went wrong.
func mostFrequent(list []Trouble) string {
	if len(list) == 0 {
		return ""
	}
	most := slices.MaxFunc(list, func(a, b Trouble) int { return cmp.Compare(a.Count, b.Count) })
	return "; most often " + most.Text(exampleInReason)
}

// exampleInReason is how long an example can be in a reason.
const exampleInReason = 200
