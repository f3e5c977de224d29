package report

import (
	"strings"
	"testing"

	"rtbench/report/result"
)

// A late generator is one line, whatever metrics it raised in which repetition.
func TestOneObjectionToALateGenerator(t *testing.T) {
	late := func(metrics ...string) *result.Repetition {
		return &result.Repetition{Validity: result.Validity{
			Verdict: result.Suspect, Reasons: []string{"messages were sent late; only upper bounds: " + strings.Join(metrics, ", ")},
			Findings: []result.Finding{{Kind: result.SentLate, Unusable: metrics, AtMost: true}}, Unusable: metrics, AtMost: metrics,
		}}
	}
	lost := &result.Repetition{Validity: result.Validity{
		Verdict: result.Suspect, Reasons: []string{"3 messages lost (9 measured)"}, Findings: []result.Finding{{}},
	}}
	got := Objections(&result.Result{Cells: []*result.Cell{
		{ID: "a", Repetitions: []*result.Repetition{late("p99", "mean"), lost}},
		{ID: "b", Repetitions: []*result.Repetition{late("p90", "p99", "mean")}},
	}})
	want := []string{
		"a and 1 more cell, 2 of 3 repetitions, for example: messages were sent late; only upper bounds: p99, mean",
		"a, 1 of 2 repetitions: 3 messages lost (9 measured)",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q", got, want)
	}
}
