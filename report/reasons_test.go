package report

import (
	"strings"
	"testing"

	"rtbench/report/result"
)

// The server's failures come first, a late generator is one line, whatever metrics it raised in which
// repetition, and too few messages are those of the cell.
func TestFindings(t *testing.T) {
	late := func(metrics ...string) *result.Repetition {
		return &result.Repetition{Validity: result.Validity{
			Findings: []result.Finding{{Word: result.Limited, Kind: result.SentLate, Reason: "messages were sent late", Unusable: metrics, AtMost: true}},
			Unusable: metrics, AtMost: metrics,
		}}
	}
	lost := &result.Repetition{Validity: result.Validity{Findings: []result.Finding{
		{Reason: "the repetition was interrupted"}, {Word: result.ServerFailed, Reason: "3 messages lost (9 measured)"},
	}}}
	few := madeUpCell(t, "push", "sse", 100, 2, 100_000)
	few.Repetitions[0].Validity = result.Validity{Findings: []result.Finding{{Word: result.TooLittleData, Reason: "p99 needs 368 messages"}}}
	var got []string
	for _, f := range Findings(&result.Result{Cells: []*result.Cell{
		{ID: "a", Repetitions: []*result.Repetition{late("p99", "mean"), lost}},
		{ID: "b", Repetitions: []*result.Repetition{late("p90", "p99", "mean")}},
		few,
	}}) {
		got = append(got, f.String())
	}
	want := []string{
		"server failed · a, 1 of 2 repetitions: 3 messages lost (9 measured)",
		"measurement limited · a and 1 more cell, 2 of 3 repetitions, for example: messages were sent late; only upper bounds: p99, mean — leave a core free for rtbench, or lower the rate",
		"too little data · made-up/push/sse: p99 needs 368 independent messages and has 200: measure for 1.9s instead of 1s",
		"too little data · made-up/push/sse: p99.9 needs 3,688 independent messages and has 200: measure for 19s instead of 1s",
		"note · a, 1 of 2 repetitions: the repetition was interrupted",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q", got, want)
	}
}
