package loadgen

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// The reference server restarts in the steady phase, over each protocol. All streams come back, every planned message
// is received or missed, and the counts and the CPU time of the server are those of both processes.
func TestRestart(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct{ protocol, keys string }{
		{"tcp", "pattern: echo"},
		{"tcp", "pattern: push, stack: lean"},
		{"websocket", "pattern: fanout"},
		{"websocket", "pattern: echo, tls: true"},
		{"sse", "pattern: push"},
		{"sse", "pattern: echo"},
		{"sse-h2", "pattern: echo"},
		{"grpc", "pattern: fanout"},
		{"grpc", "pattern: push, tls: true"},
		{"sse-h3", "pattern: echo, tls: true"},
		{"webtransport", "pattern: echo, tls: true"},
	} {
		t.Run(c.protocol+"/"+c.keys, func(t *testing.T) {
			t.Parallel()
			for _, how := range []string{"true", "kill"} {
				rep := runRestarted(t, fmt.Sprintf(`{name: x, protocols: %s, %s, load: {rate: 100/s, connections: 6}, phases: {warmup: 100ms, steady: 2s, drain: 10s},
					events: [{at: 200ms, restart: %s}], reconnect: {policy: full-jitter, base: 50ms, cap: 200ms}}`, c.protocol, c.keys, how), nil)
				checkRestart(t, rep, how == "kill")
			}
		})
	}
}

func runRestarted(t *testing.T, scenario string, fleet Fleet) *result.Repetition {
	t.Helper()
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{parse(t, scenario)}, Server: withFault(t, ""), Fleet: fleet})
	if err != nil {
		t.Fatal(err)
	}
	return res.Cells[0].Repetitions[0]
}

func checkRestart(t *testing.T, rep *result.Repetition, killed bool) {
	t.Helper()
	if rep.Error != "" || len(rep.Storms) != 1 {
		t.Fatalf("%s: %+v", rep.Error, rep.Storms)
	}
	s, n := rep.Storms[0], rep.Counters
	if s.Cut < 6 || uint64(s.Back.Count()) != s.Cut || s.GaveUp != 0 || s.Attempts != s.Cut+s.RefusedCount() {
		t.Errorf("%+v", s)
	}
	if r := s.Restart; r == nil || r.Killed != killed || (r.Uncounted > 0) != killed || r.Down <= 0 {
		t.Errorf("restart %+v", r)
	}
	if n.Recorded+n.Failed != n.Planned || n.Failed != rep.Missed.Count() || n.Recorded == 0 || n.Duplicates+n.OutOfOrder+n.Corrupt+n.ErrorCount() != n.Failed {
		t.Errorf("missed %+v of %+v", rep.Missed, n)
	}
	if !rep.Server.Known || rep.Server.CPU <= 0 || rep.Server.RSSBytes == 0 || rep.Server.BeforeBytes != 0 {
		t.Errorf("the server used %+v", rep.Server)
	}
	for i := 1; i < len(rep.Samples); i++ {
		if a, b := rep.Samples[i-1].Server, rep.Samples[i].Server; a != nil && b != nil && b.CPU < a.CPU-10*time.Millisecond { // spinning is read by another clock
			t.Errorf("the server's CPU time goes from %v to %v", a.CPU, b.CPU)
		}
	}
	if reasons := strings.Join(rep.Validity.Reasons(), "\n"); strings.Contains(reasons, "broke") || strings.Contains(reasons, "reopened") || !strings.Contains(reasons, "sum of both processes") {
		t.Error(reasons)
	}
}

// The coordinator restarts the server of agents, whose streams come back.
func TestAgentsSurviveARestart(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	rep := runRestarted(t, `{name: x, protocols: websocket, pattern: echo, load: {rate: 100/s, connections: 6}, phases: {warmup: 100ms, steady: 2s, drain: 10s},
		events: [{at: 200ms, restart: true}], reconnect: {policy: full-jitter, base: 50ms, cap: 200ms}}`, crowd{0, 0})
	checkRestart(t, rep, false)
}

// The server's counts are those of both processes: if nothing was on its way at the restart, exactly the client's.
func TestServerCountsAcrossRestarts(t *testing.T) {
	t.Parallel()
	s := parse(t, `{name: x, protocols: tcp, pattern: echo, load: {rate: 40/s, connections: 2}, phases: {warmup: 100ms, steady: 2s, drain: 10s},
		events: [{at: 512ms, restart: true}, {at: 1012ms, restart: true}], reconnect: {policy: fixed, base: 20ms}}`)
	opts := Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")}
	res := newResult(opts.Scenarios)
	cells, err := addCells([]*result.Result{res}, s, []Side{{Server: opts.Server}})
	if err != nil {
		t.Fatal(err)
	}
	j := ordered(cells, 0)[0]
	server, err := target.Find(t.Context(), j.serverSpec())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	r := newRepetition(t.Context(), j, opts, result.Status{}, server, new(result.Repetition))
	r.run(t.Context())
	stats, err := server.Stats(t.Context())
	if err != nil || server.Restarts() != 2 {
		t.Fatalf("%v%s, %d restarts", err, r.rep.Error, server.Restarts())
	}
	all := r.rep.AllPhases()
	lost := all.Sent - all.Recorded
	if stats.MessagesReceived > all.Sent || stats.MessagesReceived < all.Sent-lost || stats.MessagesSent < all.Recorded || stats.MessagesSent > all.Recorded+lost || all.Recorded == 0 {
		t.Errorf("the server received %d and sent %d messages; sent %d and received %d", stats.MessagesReceived, stats.MessagesSent, all.Sent, all.Recorded)
	}
}
