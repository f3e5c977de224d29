//go:build linux

package loadgen

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report"
	"rtbench/scenarios"
)

// A server that drops connections whose buffers grow drops the slow readers and nobody else. That is told as their
// fate, with the memory of the process, and is no failure of the server.
func TestServerThatDropsSlowReaders(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-ws")
	s := parse(t, fmt.Sprintf(`{name: x, pattern: echo, without: [none, slow], target: {websocket: %q, stats: {pid: %d}}, payload: {size: 32KiB}, reconnect: none,
		phases: {warmup: 0s, steady: 2s, drain: 30s}, groups: {
		speakers: {match: header, load: {rate: 400/s, connections: 1}},
		fast: {deliver: {from: speakers}, load: {connections: 2}},
		slow: {deliver: {from: speakers}, load: {connections: 3}, read: {rate: 1KiB/s}}}}`, server.URL("ws", "/limited"), server.PID))
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range res.Cells {
		rep := c.Repetitions[0]
		ended := rep.AllPhases().EndedCount()
		if slow := c.Config.Group == "slow"; rep.Error != "" || slow != (ended == 3) || slow != (rep.Counters.Lost > 0) || !slow && ended > 0 {
			t.Errorf("%s: %s%d streams ended; %+v", c.ID, rep.Error, ended, rep.Counters)
		}
		if rep.Validity.Word() == "failed" {
			t.Errorf("%s: %v", c.ID, rep.Validity.Reasons())
		}
	}
	var out bytes.Buffer
	if err := report.Summary(&out, res); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "FAILED") || !strings.Contains(text, "disconnected over websocket") || !strings.Contains(text, "! websocket: 3 × ") {
		t.Error(text)
	}
	if l := server.Ledger(t); l.Closed["1006"] != 3+2*2 { // rtbench ends the fast ones of both runs without a Close frame
		t.Errorf("the server: %+v", l)
	}
}
