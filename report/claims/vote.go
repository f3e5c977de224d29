package claims

import "fmt"

// A vote counts answers. A statement such as "high" or "low" raises many questions, none of which
// decides alone. Each question compares two protocols by one metric; its answer is for the guide,
// against it, or open.
type vote struct {
	held, failed, open int
	seen               []string
}

// To confirm a cell, three quarters of the answered questions must be for the guide; to refute it,
// half must be against it. Anything between, or fewer than half of the questions answered, is
// inconclusive. The gap prevents a few answers that change from run to run from turning confirmed
// into refuted.
const (
	confirmedFrom = 0.75
	refutedFrom   = 0.5
	answeredFrom  = 0.5
)

const voteRule = "confirmed if three quarters of the answered questions are for the guide, refuted if half are against it, otherwise inconclusive, also if fewer than half are answered"

// ask records the answer to a question: the guide holds, fails, or neither.
func (v *vote) ask(holds, fails bool) {
	switch {
	case holds:
		v.held++
	case fails:
		v.failed++
	default:
		v.open++
	}
}

func (v *vote) finding() finding {
	answered, all := v.held+v.failed, v.held+v.failed+v.open
	f := finding{verdict: Inconclusive, seen: append([]string{
		fmt.Sprintf("%d questions: %d for the guide, %d against it, %d unanswered", all, v.held, v.failed, v.open),
	}, v.seen...)}
	switch {
	case all == 0 || float64(answered) < answeredFrom*float64(all):
	case float64(v.held) >= confirmedFrom*float64(answered):
		f.verdict = Confirmed
	case float64(v.failed) >= refutedFrom*float64(answered):
		f.verdict = Refuted
	}
	return f
}
