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
	Inconclusive Verdict = "inconclusive"
	NotTestable  Verdict = "not testable here"
)

// A Claim is a statement of the guide with its verdict.
type Claim struct {
	ID        string   `json:"id"`
	Statement string   `json:"statement"`
	Verdict   Verdict  `json:"verdict"`
	Measured  string   `json:"measured,omitempty"` // measured ranking, best first
	Evidence  []string `json:"evidence"`
	// Test describes the test, Rule the conditions for confirming and refuting, and Files the
	// evidence. They are set for cells of the guide's table only.
	Test  string   `json:"test,omitempty"`
	Rule  string   `json:"rule,omitempty"`
	Files []string `json:"files,omitempty"`
}

// Find returns the claim about a feature and a protocol of the guide's table.
func Find(list []Claim, feature, protocol string) (c Claim, found bool) {
	i := slices.IndexFunc(list, func(c Claim) bool { return c.ID == feature+"/"+protocol })
	if i < 0 {
		return Claim{}, false
	}
	return list[i], true
}
