package result

import "strings"

// judgeTarget checks for problems that only custom targets can have. An unverified certificate does
// not affect the times.
func judgeTarget(v *Validity, c Config, r *Repetition) {
	judgeStreams(v, c, r)
	judgeReplies(v, r.Counters)
	if c.Match == "order" {
		judgeOrder(v, c, r)
	}
	if c.Times == TimesOneWay && 2*r.Counters.Clamped > r.Counters.Recorded {
		v.markUnusable(allTimes(), "messages arrived before their stamps: the server's clock is ahead by more than stamp.bound")
	}
	if c.Deflate != "" && r.Error == "" && !strings.Contains(r.Negotiated, "permessage-deflate") {
		v.addReason(Suspect, "the server did not negotiate the requested compression: messages were sent uncompressed")
	}
	a := r.Arrivals
	switch {
	case a == nil:
	case a.Refused != "" && c.Times == TimesGap: // gaps only need this machine's clock
		v.addReason(Suspect, "one-way times refused: %s", a.Refused)
	case a.Refused != "":
		v.markUnusable(allTimes(), "one-way times refused: %s", a.Refused)
	case r.Response.Count() == 0:
		v.markUnusable(allTimes(), "no one-way time was measured%s", explainNoMessages(c, r))
	}
}

// onlyGaps reports whether gaps between arrivals were measured but no one-way times.
func (r *Repetition) onlyGaps() bool {
	return r.Arrivals != nil && (r.Arrivals.Refused != "" || r.Arrivals.Gap.Count() > 0)
}
