package loadgen

import (
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/proto"
	"rtbench/report/oracle"
	"rtbench/scenarios"
)

// A server drops all streams and refuses two attempts of each, over each protocol and by each policy: the counts of
// rtbench are those of the closed form. Times are compared by the oracle itself, which needs an idle machine.
func TestDroppedAndRefused(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	var storm oracle.Case
	for _, c := range oracle.Cases {
		if c.Name == "storm" {
			storm = c
		}
	}
	for _, protocol := range []string{"tcp", "websocket", "sse", "sse-h2", "grpc"} {
		for _, stack := range []string{proto.Stock, proto.Lean} {
			t.Run(protocol+"/"+stack, func(t *testing.T) {
				t.Parallel()
				s, err := scenarios.OpenWith(storm.Scenario, scenarios.Options{Set: []string{"protocols=" + protocol, "stack=" + stack, "reconnect.policy=[none, decorrelated]"}})
				if err != nil {
					t.Fatal(err)
				}
				res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, storm.Fault)})
				if err != nil {
					t.Fatal(err)
				}
				for _, cell := range res.Cells {
					for _, e := range storm.Check(cell, cell) {
						if e.Unit == oracle.Messages && !e.Within {
							t.Errorf("%s: %s is %v, want %v; %s", e.Case, e.Metric, e.Measured, e.Want, strings.Join(cell.Repetitions[0].Validity.Reasons(), "; "))
						}
					}
				}
			})
		}
	}
}
