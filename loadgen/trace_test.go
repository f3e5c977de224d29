package loadgen

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"rtbench/scenarios"
)

// A trace is replayed once: every message of it is due, sent and answered, over every protocol with a
// different way to send, in echo and upload.
func TestTraceIsReplayed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "times.csv"), []byte("0\n0\n0.1\n0.15\n0.15\n0.15\n0.4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"echo", "upload"} {
		s, err := scenarios.Parse(filepath.Join(dir, "trace.yaml"), fmt.Appendf(nil,
			"{name: x, protocols: [tcp, sse, grpc], pattern: %s, load: {trace: {file: times.csv, speed: 2}, connections: 3}, phases: {warmup: 100ms, drain: 10s}}", pattern))
		if err != nil {
			t.Fatal(err)
		}
		res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range res.Cells {
			n := c.Repetitions[0].Counters
			if n.Planned != 7 || n.Recorded != 7 || n.Lost+n.Duplicates > 0 || c.Repetitions[0].Error != "" {
				t.Errorf("%s: %s %+v", c.ID, c.Repetitions[0].Error, n)
			}
		}
	}
}
