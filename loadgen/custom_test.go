//go:build linux

package loadgen

import (
	"context"
	"strings"
	"testing"

	"rtbench/scenarios"
)

// An unreachable source of metrics fails before the run.
func TestMissingStatsFailBeforeRun(t *testing.T) {
	t.Parallel()
	sc := parse(t, "{name: x, target: {websocket: 'ws://127.0.0.1:9/', stats: {prometheus: 'http://127.0.0.1:9/metrics'}}, pattern: push}")
	_, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
	if err == nil || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), "omit target.stats") {
		t.Errorf("the error is %v", err)
	}
}
