package scenarios_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios"
)

func TestRetargetCustom(t *testing.T) {
	read := func() *scenarios.Scenario {
		return parseCustom(t, `{name: a, target: {sse: {url: "https://old/events?x=1", post: https://old/in}, grpc: grpc://old:5/a.B/C}, pattern: echo, messages: a, load: {rate: 1/s}}`)
	}
	for target, want := range map[string][3]string{
		"http://new:8":            {"http://new:8/events?x=1", "http://new:8/in", "http://new:8/events?x=…"},
		"https://new/other?y=2":   {"https://new/other?y=2", "https://new/in", "https://new/other?y=…"},
		"grpcs://new":             {"https://old/events?x=1", "https://old/in", "https://old/events?x=…"},
		"ws://new":                {"no endpoint of scenario a uses this scheme; expected a URL with one of grpc://, grpcs://, http://, https://"},
		"127.0.0.1:9000":          {"no endpoint of scenario a"},
		"https://u:p@new":         {"found user information in the URL"},
		"https://new?token=abcde": {"a secret in the query (token)"},
		"grpc://new/bad":          {"missing gRPC method"},
	} {
		s := read()
		before := *s
		err := s.Retarget(target)
		if err != nil {
			if !strings.Contains(err.Error(), want[0]) || strings.Contains(err.Error(), "abcde") {
				t.Errorf("%s: %v", target, err)
			}
			continue
		}
		e := s.Custom.Endpoints["sse"]
		if got := [3]string{e.URL, e.Post, s.Cells()[0].Target}; got != want {
			t.Errorf("%s: got %v, want %v", target, got, want)
		}
		if old := before.Custom.Endpoints["sse"]; old.URL != "https://old/events?x=1" || before.Custom.Endpoints["grpc"].URL != "grpc://old:5/a.B/C" {
			t.Errorf("%s: a copy of the scenario has changed", target)
		}
	}
	s := read()
	if err := s.Retarget("grpcs://new"); err != nil || s.Custom.Endpoints["grpc"].URL != "grpcs://new/a.B/C" {
		t.Errorf("%v, %v", s.Custom.Endpoints["grpc"], err)
	}
}

// The clock of a server on a loopback address is that of this machine.
func TestStampBound(t *testing.T) {
	text := func(url, bound string) string {
		return `{name: a, target: {websocket: "` + url + `"}, pattern: push, stamp: {field: ts, unit: ms` + bound + `}}`
	}
	for url, want := range map[string]time.Duration{
		"ws://127.0.0.1:8/": 0, "ws://localhost/x": 0, "ws://[::1]:8": 0, "ws://127.1.2.3": 0, "ws://a.localhost": 0,
		"ws://10.0.0.1": -1, "ws://localhost.example.org": -1, "ws://127.0.0.1.example.org": -1,
	} {
		if got := parseCustom(t, text(url, "")).Custom.Stamp.Bound; got != want {
			t.Errorf("%s: got %v, want %v", url, got, want)
		}
	}
	s := parseCustom(t, text("ws://10.0.0.1", ", bound: 1ms"))
	if s.Custom.Stamp.Bound != time.Millisecond {
		t.Errorf("%v", s.Custom.Stamp)
	}
	s = parseCustom(t, text("ws://127.0.0.1", ""))
	if err := s.Retarget("ws://10.0.0.1"); err != nil || s.Custom.Stamp.Bound != -1 {
		t.Errorf("%v, %v", s.Custom.Stamp, err)
	}
}

func TestServerPacedPush(t *testing.T) {
	s := parseCustom(t, "{name: a, target: 'http://localhost:8/events', protocols: [sse, sse-h2], pattern: push}")
	cells := s.Cells()
	if len(cells) != 2 || cells[1].ID() != "push/sse-h2" || cells[1].Target != "http://localhost:8/events" {
		t.Fatalf("%+v", cells)
	}
	c := cells[0]
	if c.Model != "server" || c.Rate != 0 || c.Arrivals != "" || c.TLS || c.API != "custom" || s.Custom.Match.By != "none" || s.Target != "" {
		t.Errorf("%+v, %+v", c, s.Custom)
	}
	if p := s.Plan(); !p.Paced || p.Messages != 0 || len(p.Custom.To) != 2 {
		t.Errorf("%+v", p)
	}
}

func TestPublicArgs(t *testing.T) {
	got := scenarios.PublicArgs([]string{
		"bench", "wss://u:p@h:8/ws?token=x&a", "-H", "Authorization: Bearer x", "-HX-A: x", "--header=X-B:x", "--cookie", "s=x", "--query=k=x", "--query", "x",
		"--set", "target.bearer.env=x", "--set=load.rate=1k/s", "--set", "load.rate=x", "--post=https://h/?a=x", "--target", "https://u:x@h/", "-d", "5s", "--message", `{"a":"=?"}`, "--header",
	})
	want := []string{
		"bench", "wss://h:8/ws?token=…&…", "-H", "Authorization:…", "-HX-A:…", "--header=X-B:…", "--cookie", "s=…", "--query=k=…", "--query", "…",
		"--set", "target.bearer.env=…", "--set=load.rate=1k/s", "--set", "load.rate=x", "--post=https://h/?a=…", "--target", "https://h/", "-d", "5s", "--message", `{"a":"=?"}`, "--header",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Compression windows dominate the memory of a connection.
func TestPlanOfDeflate(t *testing.T) {
	for deflate, want := range map[string]int{"takeover": 270_000_000, "each": 0, "off": 0} {
		s := parseCustom(t, "{name: a, target: {websocket: {url: ws://localhost/, limit: 2MiB, deflate: "+deflate+"}}, pattern: echo, load: {rate: 1/s, connections: [20, 300]}}")
		p := s.Plan()
		if p.DeflateMemory != want || p.ClientMemory < want || p.ClientMemory > want+1_000_000 || s.Custom.Endpoints["websocket"].Limit != 2<<20 {
			t.Errorf("%s: %d of %d", deflate, p.DeflateMemory, p.ClientMemory)
		}
	}
}
