//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/loadgen/foreign"
)

// A threshold that fails against a third-party server is exit code 99, and the result is
// written all the same.
func TestFailedThreshold(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	s := newSession(t, map[string]string{"echo.yaml": `name: echo
contract: own
target: {websocket: "` + server.URL("ws", "/echo") + `"}
pattern: echo
load: {rate: 200/s, connections: 2}
phases: {warmup: 100ms, steady: 500ms, drain: 1s}
thresholds: [received == 0]
`})
	o := s.rtbench("run", "echo.yaml", "--quiet", "--out", "r").wantCode(99)
	if !strings.Contains(o.Stdout, "received == 0") {
		t.Errorf("the failed threshold is not printed:\n%s", o.Stdout)
	}
	if n := o.result("r").Cells[0].Repetitions[0].Counters.Recorded; n != 100 {
		t.Errorf("recorded %d messages, want 100", n)
	}
}
