package claims

import "fmt"

// Where a cell says "high" or "low" there are many questions to ask, and no single one
// decides. Each compares two protocols by one figure and has an answer for the guide,
// against it, or none; the cell's verdict is by how many say what.
type vote struct {
	held, failed, open int
	seen               []string
}

// The rule of votes: three quarters of the questions that have an answer must be for
// the guide to confirm a cell, half against it refute it. What lies between, or has
// fewer answers than half of the questions, is inconclusive: a few answers that change
// from run to run do not turn confirmed into refuted.
const (
	confirmedFrom = 0.75
	refutedFrom   = 0.5
	answeredFrom  = 0.5
)

const voteRule = "confirmed where three quarters of the questions with an answer are for the guide, refuted where half are against it, inconclusive between, or where fewer than half have an answer"

// ask enters the answer to a question: whether the guide holds, fails, or neither.
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
		fmt.Sprintf("of %d questions %d are for the guide, %d against it, %d have no answer", all, v.held, v.failed, v.open),
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
