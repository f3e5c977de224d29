//go:build linux

package acceptance

import (
	"encoding/csv"
	"os/exec"
	"strings"
	"testing"

	"rtbench/internal/testrun"
)

// burn keeps n cores busy until the test ends.
func burn(t *testing.T, n int) {
	t.Helper()
	for range n {
		c := exec.Command("sh", "-c", "while :; do :; done")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = c.Process.Kill()
			_ = c.Wait()
		})
	}
}

// A generator that shares its cores is late. Only the tail becomes unusable: valid percentiles
// are reported, the others are named, and the exit code is 0.
func TestBusyMachineInvalidatesOnlyTheTail(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	burn(t, 2)
	s := newSession(t, map[string]string{"busy.yaml": `name: busy
protocols: [websocket, grpc]
pattern: echo
load: {rate: 1k/s, connections: 8}
phases: {warmup: 100ms, steady: 1s, drain: 10s}
`})
	o := s.rtbench("run", "busy.yaml", "--quiet", "--out", "r").wantCode(0)
	for _, c := range o.result("r").Cells {
		r := c.Repetitions[0]
		if r.Validity.Discarded || r.Counters.Recorded != 1000 || r.Throughput() != 1000 {
			t.Errorf("%s: %+v, recorded %d", c.ID, r.Validity, r.Counters.Recorded)
		}
		if _, enough := r.Percentile(99); enough && r.UsableTime(99) && !r.UsableTime(50) {
			t.Errorf("%s: p99 is usable but p50 is not: %+v", c.ID, r.Validity)
		}
	}
	text := s.rtbench("report", "r", "--format", "csv").wantCode(0).Stdout
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, row := range rows[1:] {
		for metric, name := range map[string]string{"p50": "response_p50_ns", "p99": "response_p99_ns", "max": "response_max_ns"} {
			unusable := strings.Contains(" "+row[column["unusable"]]+" ", " "+metric+" ")
			if unusable != (row[column[name]] == "") {
				t.Errorf("%s: %s is %q, not usable: %q", row[0], name, row[column[name]], row[column["unusable"]])
			}
		}
	}
}
