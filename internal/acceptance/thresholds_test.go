//go:build linux

package acceptance

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// A threshold on a value that was not measured fails, and its outcome says why.
func TestThresholdsOnMissingValues(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "python-websockets")
	o := newSession(t, nil).runScenario(scenario{
		target: webSocketTarget(server, "/echo"), load: "rate: 100/s", phases: "warmup: 0s, steady: 1s, drain: 10s",
		more: `thresholds:
  - p(99) < 60m
  - sent > 0
  - service(99) < 60s
  - server_cpu < 60s
  - dropped == 0
  - lost == 0
  - {condition: p(90) < 60s, window: 200ms}
  - sent > 0 || p(99.9) < 60s
`,
	})
	if o.Code != 99 && o.Code != 113 { // on a busy machine
		o.wantCode(99)
	}
	o.wantThreshold("p(99) < 60m", false, "p(99) was not measured: 100 messages, p99 needs 368")
	o.wantThreshold("sent > 0", true, "sent = 100")
	o.wantThreshold("service(99) < 60s", false, "service(99) was not measured: 100 messages, p99 needs 368")
	o.wantThreshold("server_cpu < 60s", false, "server_cpu was not measured: the server does not report")
	o.wantThreshold("dropped == 0", false, "dropped was not measured")
	o.wantThreshold("lost == 0", true, "lost = 0")
	o.wantThreshold("p(90) < 60s in each 200ms", false, "p(90) was not measured: ")
	o.wantThreshold("sent > 0 || p(99.9) < 60s", false, "p(99.9) was not measured")
	if !strings.Contains(o.Stdout, "8 thresholds: 2 hold, 6 unknown") {
		t.Errorf("the thresholds are not counted:\n%s", o.Stdout)
	}
}

// A threshold counts once, regardless of the repetitions, and every format shows the observed
// value. A failed one gives exit code 99, and the result is still written.
func TestThresholdsAreCountedOnce(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	s := newSession(t, nil)
	o := s.runScenario(scenario{
		target: webSocketTarget(server, "/echo"), load: "rate: 200/s, connections: [1, 2]", phases: "warmup: 0s, steady: 400ms, drain: 10s",
		more: "repetitions: 2\nthresholds: [lost == 0, received == 7]",
	}).wantCode(99)
	if !strings.Contains(o.Stdout, "2 thresholds: 1 holds, 1 does not") || strings.Count(o.Stdout, "✗ received == 7: ") != 2 ||
		strings.Count(o.Stdout, "received = 80 (fails in 2 of 2)") != 2 || strings.Count(o.Stdout, "✓ lost == 0: lost = 0") != 1 {
		t.Errorf("stdout:\n%s", o.Stdout)
	}
	for _, format := range []string{"csv", "json", "md", "junit"} {
		got := s.rtbench("report", "r", "--format", format).wantCode(0).Stdout
		want := "received = 80"
		if format == "json" {
			want = `"metric": "received"`
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s does not show the observed value:\n%.3000s", format, got)
		}
		if format == "junit" && xml.Unmarshal([]byte(got), new(struct{})) != nil {
			t.Errorf("not XML:\n%s", got)
		}
	}
}

// A threshold with abort ends the run even if every message fails and no time is measured.
func TestAbortOnErrors(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "python-websockets")
	for _, condition := range []string{"errors < 20", "failed == 0", "failed_rate < 0.5"} {
		r, o := newSession(t, nil).measure(scenario{
			target: webSocketTarget(server, "/jsonrpc"), load: "rate: 200/s", phases: "warmup: 0s, steady: 60s, drain: 1s",
			more: `messages: '{"id":{{.RequestNumber}},"method":"no"}'
match: {field: id}
expect: {field: result}
thresholds: [{condition: "` + condition + `", abort: true}]
`,
		})
		o.wantCode(99)
		if r.Aborted == "" || r.Counters.Failed == 0 || r.Counters.Due >= 12000 {
			t.Errorf("%s: aborted %q, %+v", condition, r.Aborted, r.Counters)
		}
	}
}

// After a pause of the generator the slowest times are upper bounds. A condition that puts an
// upper limit on a bound can hold; any other condition fails, and its outcome gives the bound
// and the reason. Counts are not affected.
func TestThresholdsOnUpperBounds(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	o := stoppedRun(t, scenario{
		load: "rate: 500/s, connections: 2", phases: "warmup: 0s, steady: 3s, drain: 10s",
		more: `protocols: tcp
thresholds:
  - max < 60s
  - mean < 60s && lost == 0
  - 2 * max < 2m
  - {condition: max < 60s, window: 1s}
  - max < 50ms
  - max > 1ns
  - max + mean > 1ns
  - 60s - max > 0s
  - max < 50ms || lost == 0
  - lost == 0
`,
	}, "steady", 0, 700*time.Millisecond).wantCode(99)
	r := o.only()
	if !r.IsUpperBound("max") || !r.IsUpperBound("mean") {
		t.Fatalf("expected an upper bound after a pause of 700 ms in 3 s: %+v", r.Validity)
	}
	const why = "only an upper bound is known: the "
	for _, text := range []string{"max < 60s", "mean < 60s && lost == 0", "2 * max < 2m", "max < 60s in each 1s", "60s - max > 0s", "max < 50ms || lost == 0"} {
		o.wantThreshold(text, true, " ≤ ")
	}
	for _, text := range []string{"max < 50ms", "max > 1ns", "max + mean > 1ns"} {
		o.wantThreshold(text, false, " ≤ ")
		o.wantThreshold(text, false, why)
		if line := "? " + text + ": "; !strings.Contains(o.Stdout, line) || !strings.Contains(o.Stdout, "(unknown in 1 of 1)") {
			t.Errorf("%q is not in\n%s", line, o.Stdout)
		}
	}
	if want := "threshold failed or unknown"; !strings.Contains(o.Stderr, want) {
		t.Errorf("%q is not in %q", want, o.Stderr)
	}
	o.wantThreshold("lost == 0", true, "lost = 0")
	if text := newSession(t, nil).rtbench("report", o.Dir+"/r", "--format", "junit").Stdout; !strings.Contains(text, "max ≤ ") || !strings.Contains(text, why) {
		t.Errorf("junit does not say why:\n%s", text)
	}
}

// In a closed loop a pause lowers the throughput by an unknown amount.
func TestThresholdOnThroughputInAClosedLoop(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	o := stoppedRun(t, scenario{
		load: "model: closed, connections: 2, think: 2ms", phases: "warmup: 0s, steady: 2s, drain: 10s",
		more: "protocols: tcp\nthresholds: [throughput > 1/s, errors == 0]",
	}, "steady", 0, 500*time.Millisecond).wantCode(99)
	o.wantThreshold("throughput > 1/s", false, "repetition 1: throughput is not usable: the generator did not run")
	o.wantThreshold("errors == 0", true, "errors = 0")
}
