package report

import (
	"io"
	"slices"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// Advice writes the guide's advice at the end of its decision tree, and what the
// evidence in dir says of each cell of the table that the advice rests on; e may be
// empty. It returns the error of writing.
func Advice(w io.Writer, end *claims.Step, dir string, e *result.Evidence) error {
	p := &printer{w: w}
	p.printf("The guide's advice: %s\n", end.Advice)
	cells := make([]*claims.Cell, len(end.Rests))
	for i, id := range end.Rests {
		cells[i], _ = claims.CellByID(id)
	}
	p.printf("It rests on these cells of the guide's table:\n")
	if e.Empty() {
		for _, c := range cells {
			p.printf("  %s: %q\n", c.ID(), c.Says)
		}
		p.printf("Nothing was measured here yet that speaks of them: `rtbench guide` does it.\n")
		return p.err
	}
	list := claims.Judge(e, cells)
	for _, c := range list {
		p.printf("  %s: %q is %s here\n", c.ID, c.Statement, c.Verdict)
		if len(c.Evidence) > 0 {
			p.wrapped("    ", c.Evidence[0])
		}
	}
	count := func(v claims.Verdict) int {
		return len(slices.DeleteFunc(slices.Clone(list), func(c claims.Claim) bool { return c.Verdict != v }))
	}
	switch refuted, confirmed := count(claims.Refuted), count(claims.Confirmed); {
	case refuted > 0:
		p.printf("What was measured here does NOT support the advice: %d of %d cells are refuted. Choose by the figures.\n", refuted, len(list))
	case confirmed == len(list):
		p.printf("What was measured here supports the advice.\n")
	default:
		p.printf("What was measured here speaks neither for all of it nor against it.\n")
	}
	p.printf("From %s: `rtbench guide %s` has the figures.\n", dir, dir)
	p.evidenceEnvironment(e)
	return p.err
}
