//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// Ramps that start at 0/s, pause and end at 0/s plan, send and record the integral of their
// rate: 60 messages up to 400/s and down again, a pause, and 40 more.
const rampsWithPauses = `rate: 0/s, connections: 2, stages: [{over: 150ms, to: 400/s}, {over: 150ms, to: 0/s}, {over: 200ms, to: 0/s}, {over: 200ms, to: 400/s}]`

func TestRampsFromZero(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for patterns, protocols := range map[string]string{"[echo, fanout]": "[websocket, sse]", "[push, upload]": "[tcp, grpc]"} {
		t.Run(patterns, func(t *testing.T) {
			t.Parallel()
			o := newSession(t, nil).runScenario(scenario{
				pattern: patterns, load: rampsWithPauses, phases: "warmup: 50ms, drain: 5s", more: "protocols: " + protocols,
			})
			for _, c := range o.result("r").Cells {
				want := uint64(100)
				if c.Config.Pattern == "fanout" {
					want *= 2
				}
				if n := c.Repetitions[0].Counters; n.Planned != want || n.Recorded != want || n.Lost != 0 {
					t.Errorf("%s: %d planned, %d recorded, %d lost, want %d", c.ID, n.Planned, n.Recorded, n.Lost, want)
				}
			}
		})
	}
}

// No message is sent to a custom target either during a warm-up at 0/s.
func TestRampFromZeroToThirdParty(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "python-websockets")
	rep, _ := newSession(t, nil).measure(scenario{
		target: webSocketTarget(server, "/echo"), load: rampsWithPauses, phases: "warmup: 50ms, drain: 5s",
		more: "thresholds: [lost == 0, received == 100]",
	})
	if n := rep.Counters; n.Planned != 100 || n.AllSent != 100 || n.Recorded != 100 {
		t.Errorf("%d planned, %d sent, %d recorded, want 100", n.Planned, n.AllSent, n.Recorded)
	}
	for _, h := range rep.Thresholds {
		if !h.Holds {
			t.Errorf("%s does not hold: %s", h.Text, h.Error)
		}
	}
}

// A load that sends nothing, or has more ramps than a call can carry, is rejected before the
// run.
func TestInvalidRamps(t *testing.T) {
	t.Parallel()
	for load, want := range map[string]string{
		"{rate: 0/s}": "bad.yaml:3:14: load.rate: 0/s without stages",
		"{rate: 0/s, stages: [{over: 1s, to: 0/s}]}":                                     "bad.yaml:3:27: load.stages: all rates are 0/s",
		"{rate: 1/s, stages: [" + strings.Repeat("{over: 1s, to: 1/s}, ", 1001) + "]}":   "load.stages: found 1001; expected at most 999",
		"{rate: 1/s, stages: [" + strings.Repeat("{over: 1s, to: 1.5k/s}, ", 999) + "]}": "bytes of a call",
	} {
		s := newSession(t, map[string]string{"bad.yaml": "name: bad\npattern: echo\nload: " + load + "\n"})
		for _, args := range [][]string{{"scenario", "validate", "bad.yaml"}, {"run", "bad.yaml"}} {
			if o := s.rtbench(args...).wantCode(104); !strings.Contains(o.Stderr, want) {
				t.Errorf("%v: %s\nwant %s", args, o.Stderr, want)
			}
		}
	}
}
