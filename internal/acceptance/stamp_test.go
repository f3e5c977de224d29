//go:build linux

package acceptance

import (
	"testing"

	"rtbench/loadgen/foreign"
	"rtbench/report/result"
)

// A stamp that cannot be used, too coarse or not there at all, takes the one-way times and
// leaves the gaps between arrivals.
func TestAnUnusableStampLeavesTheGaps(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "fastapi")
	for name, stamp := range map[string]string{"too coarse": "{field: ts, unit: ms, bound: 1s}", "missing": "{field: sent_at, unit: ms, bound: 1ms}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, map[string]string{"x.yaml": `name: x
contract: own
target: {sse: "` + server.URL("http", "/events") + `"}
pattern: push
stamp: ` + stamp + `
load: {connections: 2}
phases: {warmup: 0s, steady: 1s, drain: 1s}
`})
			r := s.rtbench("run", "x.yaml", "--quiet", "--out", "r").wantCode(0).result("r").Cells[0].Repetitions[0]
			if r.Validity.Verdict == result.Invalid || r.UsableTime(50) || r.Arrivals.Gap.Count() < 100 {
				t.Errorf("%d gaps, %+v", r.Arrivals.Gap.Count(), r.Validity)
			}
		})
	}
}
