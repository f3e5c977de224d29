package scenarios_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios"
)

// parseTrace parses a scenario beside a trace of 2.5 s with four messages.
func parseTrace(t *testing.T, load string) (*scenarios.Scenario, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"times.csv": "time\n10\n10.5\n10.5\n12.5\n", "broken.csv": "1\n2\nsoon\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return scenarios.Parse(filepath.Join(dir, "test.yaml"), []byte("{name: x, "+load+"}"))
}

// The trace has the rate and the steady phase.
func TestTraceHasThePlan(t *testing.T) {
	t.Parallel()
	for load, want := range map[string]struct {
		steady   time.Duration
		messages float64
	}{
		"pattern: echo, load: {trace: times.csv}":                                            {2501 * time.Millisecond, 4},
		"pattern: upload, load: {trace: {file: times.csv, speed: 2}}":                        {1251 * time.Millisecond, 4},
		"pattern: echo, load: {trace: {file: times.csv, speed: 0.5}}":                        {5001 * time.Millisecond, 4},
		"pattern: echo, load: {trace: times.csv}, phases: {steady: 1s}":                      {time.Second, 3},
		"pattern: fanout, target: {websocket: 'ws://127.0.0.1:1'}, load: {trace: times.csv}": {2501 * time.Millisecond, 4},
	} {
		s, err := parseTrace(t, load)
		if err != nil {
			t.Errorf("%s: %v", load, err)
			continue
		}
		c := s.Cells()[0]
		if n, _ := c.SteadyMessages(); s.Steady != want.steady || n != want.messages || c.Arrivals != "trace" {
			t.Errorf("%s: %v messages in %v, arrivals %s", load, n, s.Steady, c.Arrivals)
		}
	}
	s, err := parseTrace(t, "pattern: echo, load: {trace: times.csv}")
	if err != nil {
		t.Fatal(err)
	}
	if s.Shorten(); s.Steady != 500*time.Millisecond {
		t.Errorf("shortened to %v", s.Steady)
	}
}

func TestBrokenTraces(t *testing.T) {
	t.Parallel()
	for load, want := range map[string]string{
		"pattern: echo, load: {trace: nothing.csv}":                     "test.yaml:1:40: load.trace: nothing.csv: no such file; expected CSV with the times of messages",
		"pattern: echo, load: {trace: .}":                               "load.trace: .: expected a regular file of at most 64 MiB",
		"pattern: echo, load: {trace: broken.csv}":                      `load.trace: broken.csv:3: found "soon"; expected seconds such as 12.5`,
		"pattern: echo, load: {trace: {speed: 2}}":                      "load.trace.file is missing; expected its name, such as {file: times.csv, speed: 2}",
		"pattern: echo, load: {trace: {file: times.csv, speed: 0}}":     "load.trace.speed: found \"0\"; expected a number such as 2 or 0.5, from 0.001 to 1000",
		"pattern: echo, load: {trace: times.csv, rate: 1k/s}":           "load.rate with load.trace; expected one of them",
		"pattern: echo, load: {trace: times.csv, arrivals: poisson}":    "load.arrivals with load.trace; expected one of them",
		"pattern: echo, load: {trace: times.csv, model: closed}":        "load.trace in a closed loop",
		"pattern: echo, load: {rate: 1k/s, arrivals: trace}":            "did you mean `trace: FILE`?",
		"pattern: [echo, push], load: {trace: times.csv}":               "load.trace: pattern push, whose server sends by its plan and does not have the file; expected pattern echo or upload",
		"pattern: echo, load: {trace: times.csv}, phases: {steady: 3s}": "phases.steady: found 3s, and the trace takes 2.501s; expected at most as long",
		"pattern: echo, load: {trace: {file: times.csv, speed: 0.001}}": "",
		"groups: {a: {pattern: echo, load: {trace: times.csv}}}":        "load.trace with groups",
	} {
		_, err := parseTrace(t, load)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %s", load, err, want)
		}
	}
}
