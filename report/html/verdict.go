package html

import (
	"fmt"
	"strings"

	"rtbench/report"
	"rtbench/report/result"
)

// A resultVerdict says whether a result can be trusted.
type resultVerdict struct {
	Name               string // empty for a single result
	Verdict            result.Verdict
	Ran, Trust, Notice string
	Insecure           string   // shown first; empty if all certificates were verified
	Reasons, More      []string // the first few, and the others
}

// reasonsShown is the number of reasons that are not collapsed.
const reasonsShown = 3

// verdictsOf returns the verdicts of section 1.
func verdictsOf(results []result.Named) (out []resultVerdict) {
	for i, name := range resultNames(results) {
		out = append(out, trust(name, results[i].Result))
	}
	return out
}

func trust(name string, r *result.Result) resultVerdict {
	v := resultVerdict{
		Name: name, Verdict: result.Worst(r), Ran: describeRun(r), Trust: report.Trust(r), Reasons: report.Objections(r), Insecure: report.Insecure(r),
	}
	var never []string
	for _, c := range r.Cells {
		if len(c.Repetitions) == 0 {
			never = append(never, c.ID)
		}
	}
	if len(never) > 0 {
		v.Notice = "Never ran: " + joinAnd(never) + "."
	}
	if len(v.Reasons) > reasonsShown+1 {
		v.Reasons, v.More = v.Reasons[:reasonsShown], v.Reasons[reasonsShown:]
	}
	return v
}

// describeRun describes the run and the machine.
func describeRun(r *result.Result) string {
	var protocols []string
	most := 0
	for _, c := range r.Cells {
		protocols = append(protocols, protocolName(c.Config.Protocol))
		most = max(most, len(c.Repetitions))
	}
	return fmt.Sprintf("%s: %s, %s of up to %s. %s.",
		strings.Join(report.ScenarioNames(r), ", "), joinAnd(result.Unique(protocols)), result.Plural(len(r.Cells), "cell"), result.Plural(most, "repetition"),
		strings.Join(report.Environment(r), ". "))
}
