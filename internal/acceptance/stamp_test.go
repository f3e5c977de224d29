//go:build linux

package acceptance

import (
	"strings"
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
			if n := r.Whole(); n.Lost+n.Failed+n.Unmatched > 0 || n.Recorded < 100 || len(n.Unexpected) > 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// Where messages carry a stamp, those without are heartbeats: unmatched, with an example, and
// neither lost nor failed. A stamp that cannot be read is a failure, of a message that came.
func TestHeartbeatsBesideStampedMessages(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	for name, stamp := range map[string]string{"good": "{field: message.ts, unit: us}", "unreadable": "{field: message.ts, unit: rfc3339}"} {
		t.Run(name, func(t *testing.T) {
			before := server.Ledger(t).Routes["/feed/cable"]
			r, o := newSession(t, nil).runScenario(t, `name: push
target: {websocket: "`+server.URL("ws", "/feed/cable")+`"}
pattern: push
stamp: `+stamp+`
load: {connections: 2}
phases: {warmup: 200ms, steady: 1s, drain: 1s}
thresholds: [lost == 0, errors == 0]
`)
			n, l := r.Whole(), server.Ledger(t).Routes["/feed/cable"]
			wrong := n.Unexpected["no stamp"]
			if n.Lost > 0 || n.Failed != n.ErrorReplies || n.AllReceived < 100 || n.Unmatched+n.AllReceived+n.After > uint64(l.Sent-before.Sent) {
				t.Errorf("%+v; the server sent %d\n%s", n, l.Sent-before.Sent, o.Stdout)
			}
			kinds := result.UnmatchedKinds(n)
			if len(kinds) != 2 || !strings.Contains(kinds[0].Example, `"ping"`) || !strings.Contains(kinds[1].Example, `"welcome"`) || kinds[1].Count != 2 {
				t.Errorf("kinds %+v", kinds)
			}
			good := name == "good"
			if (wrong == 0) != good || (n.Failed == 0) != good || !r.Thresholds[0].Holds || r.Thresholds[1].Holds != good {
				t.Errorf("%+v, %+v", n, r.Thresholds)
			}
		})
	}
}
