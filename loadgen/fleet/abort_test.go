//go:build !nofleet

package fleet

import (
	"strings"
	"testing"
	"time"

	"rtbench/loadgen"
	"rtbench/scenarios"
)

// A threshold that fails ends the repetition on all agents, and their measurements until then are kept.
func TestThresholdEndsTheRepetition(t *testing.T) {
	t.Parallel()
	c, s := startCoordinator(t, nil), startServer(t)
	startAgents(t, c, 3)
	sc := parse(t,
		"{name: x, target: %q, protocols: websocket, pattern: echo, load: {rate: 900/s, connections: 6}, phases: {connect: 1s, warmup: 100ms, steady: 10m, drain: 5s}, repetitions: 3, "+
			"thresholds: [{condition: max < 1ns, abort: true, window: 500ms}]}", s.Info().Control)
	res, err := loadgen.Run(t.Context(), loadgen.Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c})
	if err != nil {
		t.Fatal(err)
	}
	reps := res.Cells[0].Repetitions
	r := reps[0]
	if len(reps) != 1 || !strings.HasPrefix(r.Aborted, "max < 1ns in each 500ms: failed from ") || r.Interrupted || r.Error != "" || r.Lost() != "" || len(r.Thresholds) != 1 || r.Thresholds[0].Holds {
		t.Fatalf("%d repetitions: aborted %q, interrupted %v, error %q, %+v", len(reps), r.Aborted, r.Interrupted, r.Error, r.Thresholds)
	}
	if n := r.Counters; n.Recorded == 0 || uint64(r.Response.Count()) != n.Recorded || n.Failed > 0 || n.Recorded != n.Due || r.Phases.Steady > 5*time.Minute {
		t.Errorf("%d times after %v of %+v", r.Response.Count(), r.Phases.Steady, n)
	}
	if all := r.AllPhases(); all.Sent != s.Stats().MessagesReceived {
		t.Errorf("the agents sent %d, the server received %d", all.Sent, s.Stats().MessagesReceived)
	}
}
