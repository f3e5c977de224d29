package report

import (
	"io"
	"slices"
	"strings"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// Advice writes the guide's advice at the end of its decision tree, and what
// found, the newest result that can say something, says about what the advice rests
// on; its Result is nil where there is none. It returns the error of writing.
func Advice(w io.Writer, end *claims.Step, found result.Named) error {
	r := found.Result
	p := &printer{w: w}
	p.printf("The guide's advice: %s\n", end.Advice)
	for _, row := range end.Rests {
		p.printf("It rests on the row %q of the guide's table.\n", row)
	}
	switch {
	case !slices.Contains(end.Rests, claims.Performs):
		p.printf("No measurement here speaks of that.\n")
	case r == nil:
		p.printf("No result here speaks of that yet: `rtbench run` makes one.\n")
	default:
		p.disagreements(claims.Performance(r))
		p.printf("\nFrom %s, measured %s on %s, %s\n", found.Dir, r.Started.Format("2006-01-02 15:04 MST"),
			strings.Join(machine(r.Environment), ", "), where(r))
	}
	return p.err
}

// disagreements says first whether what was measured supports the guide.
func (p *printer) disagreements(list []claims.Claim) {
	count := map[claims.Verdict]int{}
	for _, c := range list {
		count[c.Verdict]++
	}
	switch {
	case count[claims.Refuted] > 0:
		p.printf("Measured here it does NOT hold: refuted %d times of %d (confirmed %d times). Choose by the figures:\n",
			count[claims.Refuted], len(list), count[claims.Confirmed])
	case count[claims.Confirmed] > 0:
		p.printf("Measured here it holds: confirmed %d times of %d, never refuted.\n", count[claims.Confirmed], len(list))
	default:
		p.printf("The measurements here could not tell.\n")
	}
	p.claims(list)
}
