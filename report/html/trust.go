package html

import (
	"fmt"
	"strings"

	"rtbench/report"
	"rtbench/report/result"
)

// A resultTrust says what a result lacks.
type resultTrust struct {
	Name                  string // empty for a single result
	Word                  result.Word
	Ran, Coverage, Notice string
	Insecure              string // empty if all certificates were verified
	Findings, More        []report.Finding
}

// tone returns the class of a word in report.css.
func tone(w result.Word) string {
	switch w {
	case result.ServerFailed, result.NotGenerated:
		return "bad"
	case result.Limited, result.TooLittleData:
		return "doubt"
	}
	return ""
}

// findingsShown is the number of findings that are not collapsed.
const findingsShown = 5

// trustOf returns what section 1 says about each result.
func trustOf(results []result.Named) (out []resultTrust) {
	for i, name := range resultNames(results) {
		out = append(out, trust(name, results[i].Result))
	}
	return out
}

func trust(name string, r *result.Result) resultTrust {
	v := resultTrust{
		Name: name, Word: r.Word(), Ran: describeRun(r), Coverage: report.Coverage(r), Findings: report.Findings(r), Insecure: report.Insecure(r),
	}
	var never []string
	for _, c := range r.Cells {
		if len(c.Repetitions) == 0 {
			never = append(never, c.ID)
		}
	}
	if len(never) > 0 {
		v.Notice = "Never ran: " + report.JoinAnd(never) + "."
	}
	if len(v.Findings) > findingsShown+1 {
		v.Findings, v.More = v.Findings[:findingsShown], v.Findings[findingsShown:]
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
		strings.Join(report.ScenarioNames(r), ", "), report.JoinAnd(result.Unique(protocols)), result.Plural(len(r.Cells), "cell"), result.Plural(most, "repetition"),
		strings.Join(report.Environment(r), ". "))
}
