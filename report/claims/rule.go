package claims

import (
	"fmt"
	"slices"

	"rtbench/report/result"
)

// The rule turns the answers to questions into a verdict. A statement such as "high" or "low" raises many
// questions, none of which decides alone:
//
//  1. Fewer than half of the questions decided, or fewer than a part needs: inconclusive.
//  2. Decided questions each way, and axes that separate the two: depends.
//  3. Three quarters of the decided questions for the guide: confirmed. Three quarters against it:
//     refuted. Anything between is inconclusive.
//
// Between confirmed and refuted lies half of the decided questions, so that a few answers that change
// from run to run cannot turn one into the other.
const (
	decidedFrom = 0.5
	agreeFrom   = 0.75
)

const ruleText = "confirmed or refuted if three quarters of the decided questions agree; depends if those that disagree are separate, by one to three axes; inconclusive if fewer than half are decided, or if nothing separates them"

// A grid holds questions and the names of their axes.
type grid struct {
	axes      []string
	questions []question
	// leastPart is the number of decided questions that a part of the grid needs: 1 for exact counts,
	// more for measurements.
	leastPart int
}

// measuredPart is the leastPart of measurements: two independent answers of 95 % confidence are both wrong
// in the same direction about once in a thousand times, but two metrics of one point are not independent.
const measuredPart = 3

func countOf(list []question, a answer) (n int) {
	for _, q := range list {
		if q.answer == a {
			n++
		}
	}
	return n
}

// decided returns the questions that are decided.
func (g grid) decided() (list []question) {
	for _, q := range g.questions {
		if q.answer != undecided {
			list = append(list, q)
		}
	}
	return list
}

// finding applies the rule.
func (g grid) finding() finding {
	held, failed := countOf(g.questions, holds), countOf(g.questions, fails)
	decided := held + failed
	f := finding{verdict: Inconclusive, summary: []string{
		fmt.Sprintf("%s: %d for the claim, %d against it, %d undecided", result.Plural(len(g.questions), "question"), held, failed, len(g.questions)-decided),
	}}
	for _, q := range g.questions {
		f.seen = append(f.seen, q.seen)
	}
	if decided < g.leastPart || float64(decided) < decidedFrom*float64(len(g.questions)) {
		return f
	}
	if s, ok := g.separate(); ok {
		f.verdict, f.summary = Depends, append(f.summary, s.describe(g)...)
		return f
	}
	switch {
	case float64(held) >= agreeFrom*float64(decided):
		f.verdict = Confirmed
		f.summary = append(f.summary, fmt.Sprintf("%d of %d decided questions are for it, for example: %s", held, decided, example(g.questions, holds)))
	case float64(failed) >= agreeFrom*float64(decided):
		f.verdict = Refuted
		f.summary = append(f.summary, fmt.Sprintf("%d of %d decided questions are against it, for example: %s", failed, decided, example(g.questions, fails)))
	}
	return f
}

// example returns the figures of the first question with that answer, which must exist.
func example(list []question, a answer) string {
	return list[slices.IndexFunc(list, func(q question) bool { return q.answer == a })].seen
}
