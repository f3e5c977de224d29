//go:build linux

package acceptance

import (
	"testing"

	"rtbench/internal/testserver/thirdparty"
)

// If stamps are too coarse or missing, one-way times are unusable but gaps between arrivals are
// not.
func TestUnusableStampKeepsGaps(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "fastapi")
	for name, stamp := range map[string]string{"too coarse": "{field: ts, unit: ms, bound: 1s}", "missing": "{field: sent_at, unit: ms, bound: 1ms}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, o := newSession(t, nil).measure(scenario{
				pattern: "push", target: eventsTarget(server, "/events"), load: "connections: 2", phases: "warmup: 0s, steady: 1s, drain: 1s",
				more: "stamp: " + stamp,
			})
			o.wantCode(0)
			if r.Validity.Discarded || r.UsableTime(50) || r.Arrivals.Gap.Count() < 100 {
				t.Errorf("%d gaps, %+v", r.Arrivals.Gap.Count(), r.Validity)
			}
			if n := r.AllPhases(); n.Lost+n.Failed+n.Unmatched > 0 || n.Recorded < 100 || len(n.Unexpected) > 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}
