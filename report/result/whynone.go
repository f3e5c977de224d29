package result

import (
	"fmt"
	"strings"
	"time"
)

// ReplyTimeout is how long a closed loop waits for a reply before its stream is broken off.
const ReplyTimeout = 10 * time.Second

// whyNone says why no message was measured, for the end of a reason; empty if it is not known.
func whyNone(c Config, r *Repetition) string {
	n := r.Whole()
	text := r.mostFrequent() + whyWaiting(c, n) + whyUnmatched(c, n)
	switch {
	case text != "" || c.Contract != "own":
		return text
	case n.Sent > 0 && n.Recorded > 0:
		return answeredBefore(n)
	case n.Sent > 0 && n.AllReceived+n.Corrupt == 0:
		return fmt.Sprintf("; %d were sent and nothing came back", n.Sent)
	case n.Sent > 0:
		return fmt.Sprintf("; %d were sent, and of the %d that came back none was a whole reply in the steady phase", n.Sent, n.AllReceived+n.Corrupt)
	case n.AllReceived > 0 && c.Times != TimesOneWay:
		return fmt.Sprintf("; %d came, none of them due in the steady phase", n.AllReceived)
	case n.AllReceived > 0:
		return fmt.Sprintf("; %d came, with stamps that lie outside of the steady phase: is the server's clock set, and the stamp's unit right?", n.AllReceived)
	case c.Times != "":
		return "; nothing came: if the server waits to be asked, the steps of the scenario must ask it (subscribe)"
	}
	return ""
}

// mostFrequent names what went wrong most often in all phases, and says so if it is not what
// the counters of the steady phase have.
func (r *Repetition) mostFrequent() string {
	text := mostFrequent(Troubles(r.Whole()))
	if text == mostFrequent(Troubles(r.Counters)) {
		return text
	}
	return strings.Replace(text, "most often", "most often, of all phases,", 1)
}

// answeredBefore counts the messages that were answered in a repetition whose steady phase
// has none that was.
func answeredBefore(n Counters) string {
	return fmt.Sprintf("; %d of %d messages sent were answered, none of those due in the steady phase", n.Recorded, n.Sent)
}

// whyWaiting says that a closed loop waited for replies that did not come; empty if it did
// not. If streams broke or were closed, what was under way on them is lost too.
func whyWaiting(c Config, n Counters) string {
	waiting := n.Lost
	if c.Contract != "own" || c.Model != "closed" || c.Times != "" || waiting == 0 || total(n.Errors)+total(n.Closed) > 0 {
		return ""
	}
	text := fmt.Sprintf("; %s of the closed loop waited for a reply that did not come (%d s at most)", Plural(waiting, "stream"), int(ReplyTimeout.Seconds()))
	if n.Recorded > 0 {
		text += answeredBefore(n)
	}
	return text
}

// whyUnmatched says what came that could not be matched; empty if nothing did.
func whyUnmatched(c Config, n Counters) string {
	if n.Unmatched == 0 {
		return ""
	}
	by := ""
	if c.Match != "" {
		by = " (match: " + c.Match + ")"
	}
	text := fmt.Sprintf("; %d came that are the reply to no message sent%s", n.Unmatched, by)
	if c.Times != "" || c.Contract != "own" {
		text = fmt.Sprintf("; %d came that are none of those to be measured%s", n.Unmatched, by)
	}
	for i, k := range UnmatchedKinds(n) {
		if i == examplesInReason {
			break
		}
		text += fmt.Sprintf(", %d like %s", k.Count, k.cut(exampleInReason/2))
	}
	return text
}

// examplesInReason is how many kinds of unmatched messages a reason shows.
const examplesInReason = 2

// elsewhere says how much of a count of all phases is not of the steady one, whose counters
// reports show: ", 9 of them in the warm-up". It is empty if nothing is.
func (r *Repetition) elsewhere(count func(*Counters) uint64) string {
	var parts []string
	for _, phase := range []struct {
		n    *Counters
		when string
	}{
		{r.OtherPhases.Connect, "while connecting"},
		{r.OtherPhases.Warmup, "in the warm-up"},
		{r.OtherPhases.Drain, "in the drain"},
	} {
		if phase.n != nil && count(phase.n) > 0 {
			parts = append(parts, fmt.Sprintf("%d of them %s", count(phase.n), phase.when))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ", " + strings.Join(parts, " and ")
}
