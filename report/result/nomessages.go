package result

import (
	"fmt"
	"strings"
	"time"
)

// ReplyTimeout is the time after which a closed loop gives up waiting for a reply and closes the
// stream.
const ReplyTimeout = 10 * time.Second

// explainNoMessages returns the end of a reason that explains why no message was measured; empty if
// unknown.
func explainNoMessages(c Config, r *Repetition) string {
	n := r.AllPhases()
	if h := r.Between(); h.Count() > 0 {
		return fmt.Sprintf(" on one clock: agents with other clocks sent all %s received; expected rooms of which an agent has both senders and receivers", Plural(n.Recorded, "message"))
	}
	text := r.mostFrequent() + explainWaiting(c, n) + explainUnmatched(c, n)
	if n.Ignored > 0 {
		text += fmt.Sprintf("; %s received that the scenario ignores", Plural(n.Ignored, "message"))
	}
	switch {
	case text != "" || c.API != CustomAPI:
		return text
	case n.Sent > 0 && n.Recorded > 0:
		return explainAnsweredElsewhere(n)
	case n.Sent > 0 && n.AllReceived+n.Corrupt == 0:
		return fmt.Sprintf("; %s sent, nothing received", Plural(n.Sent, "message"))
	case n.Sent > 0:
		return fmt.Sprintf("; %s sent and %s received, none of them a complete reply in the steady phase", Plural(n.Sent, "message"), Grouped(n.AllReceived+n.Corrupt))
	case n.AllReceived > 0 && c.Times != TimesOneWay:
		return fmt.Sprintf("; %s received, none of them due in the steady phase", Plural(n.AllReceived, "message"))
	case n.AllReceived > 0:
		return fmt.Sprintf("; %s received, all stamped outside the steady phase: check the server's clock and stamp.unit", Plural(n.AllReceived, "message"))
	case c.Times != "":
		return "; nothing received: if the server sends only to subscribers, subscribe in steps"
	}
	return ""
}

// mostFrequent names the most frequent failure over all phases, and says that it covers all phases
// unless the steady phase alone has the same.
func (r *Repetition) mostFrequent() string {
	all := Failures(r.AllPhases())
	if text := mostFrequent(all); text == mostFrequent(Failures(r.Counters)) {
		return text
	}
	return mostFrequentIn(" over all phases", all)
}

// explainAnsweredElsewhere reports that only messages of other phases were answered.
func explainAnsweredElsewhere(n Counters) string {
	return fmt.Sprintf("; %s of %s answered, none of those due in the steady phase", Grouped(n.Recorded), Plural(n.Sent, "message"))
}

// explainWaiting reports that a closed loop waited for replies that never came. Streams that broke
// or were closed lose messages without waiting.
func explainWaiting(c Config, n Counters) string {
	waiting := n.Lost
	if c.API != CustomAPI || c.Model != "closed" || c.Times != "" || waiting == 0 || total(n.Errors)+total(n.Closed) > 0 {
		return ""
	}
	text := fmt.Sprintf("; %s of the closed loop waited for a reply that never came (timeout %.0f s)", Plural(waiting, "stream"), ReplyTimeout.Seconds())
	if n.Recorded > 0 {
		text += explainAnsweredElsewhere(n)
	}
	return text
}

// explainUnmatched counts unmatched messages and shows examples.
func explainUnmatched(c Config, n Counters) string {
	if n.Unmatched == 0 {
		return ""
	}
	by := ""
	if c.Match != "" {
		by = " (match: " + c.Match + ")"
	}
	text := fmt.Sprintf("; %s received that answer no request%s", Plural(n.Unmatched, "message"), by)
	if c.Times != "" || c.API != CustomAPI {
		text = fmt.Sprintf("; %s received that the scenario does not measure%s", Plural(n.Unmatched, "message"), by)
	}
	for i, k := range UnmatchedKinds(n) {
		if i == examplesShown {
			break
		}
		text += fmt.Sprintf(", %s like %s", Grouped(k.Count), k.ExampleText(exampleLength/2))
	}
	return text
}

// examplesShown limits the kinds of unmatched messages in a reason.
const examplesShown = 2

// inOtherPhases breaks down a count over all phases by the phases other than the steady one: ", 9
// in the warm-up". Reports show the counters of the steady phase only.
func (r *Repetition) inOtherPhases(count func(*Counters) uint64) string {
	var parts []string
	for phase, n := range r.OtherPhases.All() {
		when := "in the " + phase
		if n == r.OtherPhases.Connect {
			when = "while connecting"
		}
		if count(n) > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", Grouped(count(n)), when))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ", " + strings.Join(parts, " and ")
}
