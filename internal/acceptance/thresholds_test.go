//go:build linux

package acceptance

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"rtbench/loadgen/foreign"
)

// A threshold on a value that was not measured does not hold, and its outcome says why.
func TestThresholdsOnWhatWasNotMeasured(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {websocket: "` + server.URL("ws", "/echo") + `"}
pattern: echo
load: {rate: 100/s}
phases: {warmup: 0s, steady: 1s, drain: 10s}
thresholds:
  - p(99) < 60m
  - sent > 0
  - service(99) < 60s
  - server_cpu < 60s
  - dropped == 0
  - lost == 0
  - {that: p(90) < 60s, window: 200ms}
  - sent > 0 || p(99.9) < 60s
`})
	o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r")
	if o.Code != 99 && o.Code != 113 { // on a busy machine
		o.wantCode(99)
	}
	wantOutcome(t, o, "p(99) < 60m", false, "p(99) was not measured: 100 messages, p99 needs 368")
	wantOutcome(t, o, "sent > 0", true, "sent = 100")
	wantOutcome(t, o, "service(99) < 60s", false, "service(99) was not measured: 100 messages, p99 needs 368")
	wantOutcome(t, o, "server_cpu < 60s", false, "server_cpu was not measured: the server does not tell")
	wantOutcome(t, o, "dropped == 0", false, "dropped was not measured")
	wantOutcome(t, o, "lost == 0", true, "lost = 0")
	wantOutcome(t, o, "p(90) < 60s in each 200ms", false, "p(90) was not measured: ")
	wantOutcome(t, o, "sent > 0 || p(99.9) < 60s", false, "p(99.9) was not measured")
	if !strings.Contains(o.Stdout, "8 thresholds: 2 hold, 6 do not") {
		t.Errorf("the thresholds are not counted:\n%s", o.Stdout)
	}
}

// A threshold is counted once, whatever the repetitions, and every format shows what was
// observed.
func TestThresholdsAreCountedOnce(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {websocket: "` + server.URL("ws", "/echo") + `"}
pattern: echo
load: {rate: 200/s, connections: [1, 2]}
phases: {warmup: 0s, steady: 400ms, drain: 10s}
repetitions: 2
thresholds: [lost == 0, received == 7]
`})
	o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").wantCode(99)
	if !strings.Contains(o.Stdout, "2 thresholds: 1 holds, 1 does not") || strings.Count(o.Stdout, "✗ received == 7: ") != 2 ||
		strings.Count(o.Stdout, "received = 80 (does not hold in 2 of 2)") != 2 || strings.Count(o.Stdout, "✓ lost == 0: lost = 0") != 1 {
		t.Errorf("stdout:\n%s", o.Stdout)
	}
	for _, format := range []string{"csv", "json", "md", "junit"} {
		got := s.rtbench("report", "r", "--format", format).wantCode(0).Stdout
		want := "received = 80"
		if format == "json" {
			want = `"figure": "received"`
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s does not show what was observed:\n%.3000s", format, got)
		}
		if format == "junit" && xml.Unmarshal([]byte(got), new(struct{})) != nil {
			t.Errorf("not XML:\n%s", got)
		}
	}
}

// A threshold with abort ends the run while every message fails and no time is measured.
func TestAbortOnErrors(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	for _, condition := range []string{"errors < 20", "failed == 0", "failed_rate < 0.5"} {
		s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {websocket: "` + server.URL("ws", "/jsonrpc") + `"}
pattern: echo
messages: '{"id":{{.RequestNumber}},"method":"no"}'
match: {field: id}
expect: {field: result}
load: {rate: 200/s}
phases: {warmup: 0s, steady: 60s, drain: 1s}
thresholds: [{that: "` + condition + `", abort: true}]
`})
		o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").wantCode(99)
		if r := o.only(); r.Aborted == "" || r.Counters.Failed == 0 || r.Counters.Due >= 12000 {
			t.Errorf("%s: aborted %q, %+v", condition, r.Aborted, r.Counters)
		}
	}
}

// A pause of the generator makes the slowest times too high: they are upper bounds. An upper
// limit that holds on a bound holds; whether another condition holds is not known, so it does
// not, and its outcome has the bound and the reason. Counts stand.
func TestThresholdsOnWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	o := stoppedRun(t, `protocols: tcp
pattern: echo
load: {rate: 500/s, connections: 2}
phases: {warmup: 0s, steady: 3s, drain: 10s}
thresholds:
  - max < 60s
  - mean < 60s && lost == 0
  - 2 * max < 2m
  - {that: max < 60s, window: 1s}
  - max < 50ms
  - max > 1ns
  - max + mean > 1ns
  - 60s - max > 0s
  - max < 50ms || lost == 0
  - lost == 0
`, "steady", 0, 700*time.Millisecond).wantCode(99)
	r := o.only()
	if !r.AtMost("max") || !r.AtMost("mean") {
		t.Fatalf("a pause of 700 ms in 3 s leaves an upper bound: %+v", r.Validity)
	}
	const why = "only an upper bound is known: the "
	for _, text := range []string{"max < 60s", "mean < 60s && lost == 0", "2 * max < 2m", "max < 60s in each 1s", "60s - max > 0s", "max < 50ms || lost == 0"} {
		wantOutcome(t, o, text, true, " ≤ ")
	}
	for _, text := range []string{"max < 50ms", "max > 1ns", "max + mean > 1ns"} {
		wantOutcome(t, o, text, false, " ≤ ")
		wantOutcome(t, o, text, false, why)
	}
	wantOutcome(t, o, "lost == 0", true, "lost = 0")
	if text := newSession(t, nil).rtbench("report", o.Dir+"/r", "--format", "junit").Stdout; !strings.Contains(text, "max ≤ ") || !strings.Contains(text, why) {
		t.Errorf("junit does not say why:\n%s", text)
	}
}

// In a closed loop a pause lowers the throughput, of which no bound is known.
func TestThresholdOnThroughputInAClosedLoop(t *testing.T) {
	t.Parallel()
	o := stoppedRun(t, `protocols: tcp
pattern: echo
load: {model: closed, connections: 2, think: 2ms}
phases: {warmup: 0s, steady: 2s, drain: 10s}
thresholds: [throughput > 1/s, errors == 0]
`, "steady", 0, 500*time.Millisecond).wantCode(99)
	wantOutcome(t, o, "throughput > 1/s", false, "repetition 1: throughput is not usable: the generator did not run")
	wantOutcome(t, o, "errors == 0", true, "errors = 0")
}
