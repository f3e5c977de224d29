package claims

import (
	"slices"
	"strings"
	"testing"

	"rtbench/report/result"
)

// The guide's table is complete.
func TestCells(t *testing.T) {
	if len(Cells) != 24 {
		t.Fatalf("%d cells, want 24", len(Cells))
	}
	i := 0
	for _, f := range Features {
		for _, p := range Protocols {
			c := Cells[i]
			i++
			if c.Feature != f.ID || c.Protocol != p.ID {
				t.Errorf("cell %d is %s, want %s/%s", i, c.ID(), f.ID, p.ID)
			}
			if c.Says == "" || c.Tests == "" || c.Rule == "" || len(c.Needs) == 0 || c.judge == nil {
				t.Errorf("%s is incomplete: %+v", c.ID(), c)
			}
			if found, ok := CellByID(c.ID()); !ok || found != c {
				t.Errorf("CellByID(%q) did not find the cell", c.ID())
			}
		}
	}
	for _, s := range allSteps(Tree) {
		for _, id := range s.Premises {
			if _, ok := CellByID(id); !ok {
				t.Errorf("advice %q relies on unknown cell %s", s.Advice, id)
			}
		}
	}
}

func allSteps(s *Step) []*Step {
	if s == nil {
		return nil
	}
	return slices.Concat([]*Step{s}, allSteps(s.Yes), allSteps(s.No))
}

// seen returns evidence with the given observations.
func seen(values map[string]float64) *result.Evidence {
	e := &result.Evidence{Probes: map[string]*result.Probe{}, Suites: map[string]*result.Result{}}
	for id, v := range values {
		name, _, _ := strings.Cut(id, "/")
		if e.Probes[name] == nil {
			e.Probes[name] = &result.Probe{Name: name}
		}
		e.Probes[name].Observations = append(e.Probes[name].Observations, result.Observation{ID: id, Value: v, Seen: "saw " + id})
	}
	return e
}

// likely holds the observations of a typical run.
var likely = map[string]float64{
	"direction/websocket/connections": 1, "direction/websocket/up-while-down": 9, "direction/websocket/down-while-up": 9,
	"direction/grpc/connections": 1, "direction/grpc/up-while-down": 9, "direction/grpc/down-while-up": 9,
	"direction/sse/connections": 2, "direction/sse/stream-bytes-up": 0, "browser/eventsource/sends": 0,
	"protocol/websocket/ws": 1, "protocol/websocket/wss": 1,
	"protocol/sse/http2-alpn": 1, "protocol/sse/http2-cleartext": 1, "protocol/sse/http1": 1, "protocol/sse/http1-tls": 1,
	"protocol/grpc/http2": 1, "protocol/grpc/http2-tls": 1, "protocol/grpc/http1": 0, "protocol/grpc/http1-tls": 0,
	"browser/websocket/open": 1, "browser/websocket/secure": 1, "browser/websocket/text": 1, "browser/websocket/binary": 1, "browser/websocket/both-ways": 1,
	"browser/eventsource/http1": 1, "browser/eventsource/http2": 1, "browser/limit/http1": 6,
	"browser/grpc/bidirectional": 0, "browser/grpc/status": 0, "browser/grpc/server-stream": 1,
	"reconnect/websocket/library": 0, "browser/reconnect/websocket": 0, "browser/reconnect/eventsource": 1, "browser/reconnect/eventsource-missed": 0,
	"reconnect/grpc/stream": 0, "reconnect/grpc/channel": 1,
	"binary/websocket/all-bytes": 1, "binary/websocket/megabyte": 1, "binary/grpc/all-bytes": 1, "binary/grpc/megabyte": 1,
	"binary/sse/raw": 0, "browser/binary/eventsource-raw": 0,
}

func with(id string, v float64) map[string]float64 {
	m := map[string]float64{}
	for k, old := range likely {
		m[k] = old
	}
	m[id] = v
	return m
}

func without(prefix string) map[string]float64 {
	m := map[string]float64{}
	for k, v := range likely {
		if !strings.HasPrefix(k, prefix) {
			m[k] = v
		}
	}
	return m
}

func verdictOf(t *testing.T, e *result.Evidence, id string) Claim {
	t.Helper()
	c, ok := CellByID(id)
	if !ok {
		t.Fatalf("no cell %s", id)
	}
	return Judge(e, []*Cell{c})[0]
}

// Cells judged by observations: typical ones, then with one of them changed.
func TestJudgeByObservations(t *testing.T) {
	for id, c := range map[string]struct {
		want    Verdict
		changed string // observation to invert
		then    Verdict
	}{
		"direction/websocket": {Confirmed, "direction/websocket/down-while-up", Refuted},
		"direction/sse":       {Confirmed, "browser/eventsource/sends", Refuted},
		"direction/grpc":      {Confirmed, "direction/grpc/up-while-down", Refuted},
		"protocol/websocket":  {Confirmed, "protocol/websocket/wss", Refuted},
		"protocol/sse":        {Refuted, "protocol/sse/http1", Refuted}, // TLS remains
		"protocol/grpc":       {Confirmed, "protocol/grpc/http1", Refuted},
		"browser/websocket":   {Confirmed, "browser/websocket/binary", Refuted},
		"browser/sse":         {Confirmed, "browser/eventsource/http2", Refuted},
		"browser/grpc":        {Confirmed, "browser/grpc/bidirectional", Refuted},
		"reconnect/websocket": {Confirmed, "browser/reconnect/websocket", Refuted},
		"reconnect/sse":       {Confirmed, "browser/reconnect/eventsource", Refuted},
		"reconnect/grpc":      {Confirmed, "reconnect/grpc/stream", Refuted},
		"binary/websocket":    {Confirmed, "binary/websocket/megabyte", Refuted},
		"binary/sse":          {Confirmed, "binary/sse/raw", Refuted},
		"binary/grpc":         {Confirmed, "binary/grpc/all-bytes", Refuted},
	} {
		if got := verdictOf(t, seen(likely), id); got.Verdict != c.want || len(got.Evidence) == 0 || len(got.Files) == 0 {
			t.Errorf("%s: %s, want %s: %+v", id, got.Verdict, c.want, got)
		}
		contrary := 0.0
		if likely[c.changed] == 0 {
			contrary = 1
		}
		if got := verdictOf(t, seen(with(c.changed, contrary)), id); got.Verdict != c.then || c.want == Confirmed && got.Reason() != "saw "+c.changed {
			t.Errorf("%s with %s %v: %s because %s, want %s", id, c.changed, contrary, got.Verdict, got.Reason(), c.then)
		}
	}
	both := with("protocol/sse/http1", 0)
	both["protocol/sse/http1-tls"] = 0
	if got := verdictOf(t, seen(both), "protocol/sse"); got.Verdict != Confirmed {
		t.Errorf("SSE over HTTP/2 only: %s, want confirmed", got.Verdict)
	}
}

// Without a browser, cells that depend on it are not testable and say how to install one. The
// others are judged.
func TestJudgeWithoutBrowser(t *testing.T) {
	e := seen(without("browser/"))
	e.Probes["browser"] = &result.Probe{Name: "browser", Missing: "no browser: install one"}
	for _, c := range Judge(e, Cells) {
		needsBrowser := strings.HasPrefix(c.ID, "browser/") || c.ID == "reconnect/sse"
		if needsBrowser && (c.Verdict != NotTestable || !slices.Contains(c.Evidence, "no browser: install one")) {
			t.Errorf("%s: %s %q", c.ID, c.Verdict, c.Evidence)
		}
	}
	for _, id := range []string{"direction/sse", "reconnect/websocket", "binary/sse"} {
		if got := verdictOf(t, e, id); got.Verdict != Confirmed {
			t.Errorf("%s: %s %q", id, got.Verdict, got.Evidence)
		}
	}
}

// Without evidence there is no verdict, and no panic.
func TestJudgeWithoutEvidence(t *testing.T) {
	for _, c := range Judge(&result.Evidence{}, Cells) {
		if c.Verdict != NotTestable || len(c.Evidence) == 0 || len(c.Files) != 0 {
			t.Errorf("%s: %+v", c.ID, c)
		}
	}
	// A probe that ended early.
	e := &result.Evidence{Probes: map[string]*result.Probe{"direction": {Name: "direction"}}}
	if got := verdictOf(t, e, "direction/grpc"); got.Verdict != NotTestable || !strings.Contains(got.Evidence[0], "not observed") {
		t.Errorf("probe ended early: %+v", got)
	}
	e.Suites = map[string]*result.Result{"use-cases": {Interrupted: true}}
	if got := verdictOf(t, e, "use-case/sse"); got.Verdict != NotTestable || !strings.Contains(got.Evidence[0], "interrupted") {
		t.Errorf("interrupted suite: %+v", got)
	}
}

// suitesOf returns suites whose cells have the given p99s, in µs, and CPU time and throughput to
// match.
func suitesOf(t *testing.T, websocket, sse, grpc int) *result.Evidence {
	t.Helper()
	e := &result.Evidence{Suites: map[string]*result.Result{}}
	for _, name := range slices.Concat(performanceSuites, []string{"use-cases"}) {
		r := &result.Result{}
		for protocol, us := range map[string]int{"websocket": websocket, "sse": sse, "grpc": grpc} {
			values := make([]int, 7)
			for i := range values {
				values[i] = us + i
			}
			c := made(t, protocol, values...)
			if name == "capacity" {
				c = closed(c)
			}
			for _, scenario := range []string{"chat", "game"} {
				n := *c
				n.Config.Scenario = scenario
				r.Cells = append(r.Cells, &n)
			}
		}
		e.Suites[name] = r
	}
	return e
}

func TestJudgeByMeasurements(t *testing.T) {
	for _, c := range []struct {
		websocket, sse, grpc int
		want                 map[string]Verdict
	}{
		{200, 300, 100, map[string]Verdict{"performance/websocket": Confirmed, "performance/sse": Confirmed, "performance/grpc": Confirmed}},
		{100, 300, 200, map[string]Verdict{"performance/websocket": Refuted, "performance/sse": Confirmed, "performance/grpc": Refuted, "use-case/websocket": Confirmed}},
		{120, 100, 100, map[string]Verdict{"performance/websocket": Refuted, "use-case/websocket": Confirmed}},
		{130, 100, 100, map[string]Verdict{"use-case/websocket": Refuted}},
		{100, 100, 100, map[string]Verdict{"performance/websocket": Inconclusive, "performance/sse": Inconclusive, "performance/grpc": Inconclusive, "use-case/websocket": Confirmed}},
	} {
		e := suitesOf(t, c.websocket, c.sse, c.grpc)
		for id, want := range c.want {
			if got := verdictOf(t, e, id); got.Verdict != want {
				t.Errorf("websocket %d, sse %d, grpc %d: %s is %s, want %s\n%s", c.websocket, c.sse, c.grpc, id, got.Verdict, want, strings.Join(got.Evidence, "\n"))
			}
		}
	}
}

func TestJudgeByComplexity(t *testing.T) {
	values := map[string]float64{}
	for i, p := range []string{"sse", "websocket", "grpc"} {
		values["setup/"+p+"/round-trips-waited"] = float64(i + 1)
		values["setup/"+p+"/bytes"] = float64(100 * (i + 1))
	}
	got := verdictOf(t, seen(values), "complexity/grpc")
	if got.Verdict != Depends || !strings.Contains(got.Evidence[0], "websocket 2, sse 1, grpc 3") || !strings.HasPrefix(got.Summary[1], "depends on the count. True: round trips until the first reply; bytes on the wire until the first reply; packages imported; statements of generated code. False: ") {
		t.Errorf("complexity/grpc: %+v", got)
	}
	// Without the counts of the wire.
	if got := verdictOf(t, seen(map[string]float64{"setup/sse/bytes": 1}), "complexity/grpc"); got.Verdict != Depends {
		t.Errorf("complexity/grpc: %+v", got)
	}
}
