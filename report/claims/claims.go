// Package claims tests the guide's comparison table against results. Each claim is data with a pure
// predicate; the outcome is a verdict with evidence. The package does not measure or render.
package claims

import (
	"slices"
)

// A Verdict is the outcome of testing a claim.
type Verdict string

// The verdicts.
const (
	Confirmed    Verdict = "confirmed"
	Refuted      Verdict = "refuted"
	Depends      Verdict = "depends" // confirmed at some points of the grid, refuted at others
	Inconclusive Verdict = "inconclusive"
	NotTestable  Verdict = "not testable here"
)

// A Claim is a statement of the guide with its verdict.
type Claim struct {
	ID        string  `json:"id"`
	Statement string  `json:"statement"`
	Verdict   Verdict `json:"verdict"`
	// Summary counts the answers to the questions that the claim raises. If they decide the claim, it then
	// has an example or, if the claim depends, names the axes and has an example for each part of the grid.
	// It is empty for claims that observations decide.
	Summary []string `json:"summary,omitempty"`
	// Evidence lists the observations, those against the claim first, or the questions with their
	// figures.
	Evidence []string `json:"evidence"`
	// Test describes the test, Rule the conditions for confirming and refuting, and Files the
	// evidence. They are set for cells of the guide's table only.
	Test  string   `json:"test,omitempty"`
	Rule  string   `json:"rule,omitempty"`
	Files []string `json:"files,omitempty"`
}

// Reason returns the reason of the verdict in short; empty if there is none. If the verdict is Depends, it
// begins with that word.
func (c Claim) Reason() string {
	for _, list := range [][]string{c.Summary[min(1, len(c.Summary)):], c.Summary, c.Evidence} {
		if len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// Rows returns the guide's table: for each of Features its claims in the order of Protocols. A cell
// that was not judged is the zero Claim.
func Rows(list []Claim) [][]Claim {
	rows := make([][]Claim, len(Features))
	for i, f := range Features {
		for _, p := range Protocols {
			var cell Claim
			if at := slices.IndexFunc(list, func(c Claim) bool { return c.ID == f.ID+"/"+p.ID }); at >= 0 {
				cell = list[at]
			}
			rows[i] = append(rows[i], cell)
		}
	}
	return rows
}
