// Package claims holds the guide's comparison table against results: each claim
// as data, what it predicts as a pure predicate, and the verdict with its
// evidence. It measures and renders nothing.
package claims

import (
	"rtbench/report/stats"
)

// A Verdict is what became of a claim.
type Verdict string

// The verdicts.
const (
	Confirmed    Verdict = "confirmed"
	Refuted      Verdict = "refuted"
	Inconclusive Verdict = "inconclusive"
	NotTestable  Verdict = "not testable here"
)

// A Claim is one statement of the guide and what was found.
type Claim struct {
	ID        string   `json:"id"`
	Statement string   `json:"statement"`
	Verdict   Verdict  `json:"verdict"`
	Measured  string   `json:"measured,omitempty"` // the ranking found, best first
	Evidence  []string `json:"evidence"`
	// Test says what was done, Rule when the claim is confirmed and when refuted, Files
	// where the evidence lies; of the cells of the guide's table.
	Test  string   `json:"test,omitempty"`
	Rule  string   `json:"rule,omitempty"`
	Files []string `json:"files,omitempty"`
}

// Confidence is asked of every interval behind a verdict.
const Confidence = 0.95

// minPairs is the fewest pairs of repetitions from which the exact interval
// reaches that confidence: six.
var minPairs = stats.ValuesFor(Confidence)
