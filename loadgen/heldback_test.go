//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// throughNginx runs a scenario of events through the proxy.
func throughNginx(t *testing.T, s *thirdparty.Server, path, more string) *result.Repetition {
	t.Helper()
	text := fmt.Sprintf("name: proxy\ntarget: {sse: %q, tls: {ca: %q}}\nprotocols: [sse]\npattern: push\n%s"+
		"phases: {connect: 10s, warmup: 0s, steady: 3s, drain: 1s}\n", s.URL("http", path), s.Files.CA, more)
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
	if err != nil {
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if rep.Error != "" {
		t.Fatal(rep.Error)
	}
	return rep
}

// A buffering proxy delivers messages together that were stamped apart; any other proxy delivers
// each at once.
func TestBufferingProxyIsDetected(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	s := thirdparty.Start(t, "nginx")
	for path, want := range map[string]bool{"/events": false, "/buffered/events": true} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			rep := throughNginx(t, s, path, "stamp: {field: ts, unit: ms}\n")
			a := rep.Arrivals
			share, held := a.Bunching()
			busy := !want && rep.ShortOfCPU() // such a machine delivers messages together too, and the report says so
			if held != want && !busy || a.Stamped == 0 {
				t.Errorf("held back %v, %.2f of %d stamped apart; received %d", held, share, a.Stamped, rep.Counters.AllReceived)
			}
		})
	}
}
