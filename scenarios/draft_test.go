package scenarios_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios"
)

func customDraft(target, pattern string, custom scenarios.CustomDraft) scenarios.Draft {
	d := scenarios.DefaultDraft()
	d.API, d.Address, d.Protocols, d.Pattern, d.Custom = "custom", target, "", pattern, custom
	if pattern == "push" {
		d.Rate = ""
	}
	return d
}

// Drafts of custom targets are valid over every protocol.
func TestCustomDraft(t *testing.T) {
	for _, d := range []scenarios.Draft{
		customDraft("wss://example.org/ws?room=1", "echo", scenarios.CustomDraft{}),
		customDraft("ws://example.org", "push", scenarios.CustomDraft{Subscribe: []string{`{"op":"sub"}`}, Stamp: "data.ts:ms:5ms"}),
		customDraft("https://example.org/events", "push", scenarios.CustomDraft{Method: "POST", Body: "a: b"}),
		customDraft("http://example.org/events", "echo", scenarios.CustomDraft{Post: "http://example.org/m", Messages: []string{"{{.Header}}"}, Match: "header"}),
		customDraft("grpcs://example.org/a.B/C", "upload", scenarios.CustomDraft{Messages: []string{"{}"}, Proto: []string{"a.proto"}, Import: []string{"x", "y"}}),
		customDraft("tcp://example.org:7", "echo", scenarios.CustomDraft{Messages: []string{"a", "@b"}, Match: "order", Expect: "yes: no"}),
	} {
		s, err := scenarios.Parse("draft", d.Text())
		if err != nil {
			t.Errorf("%v\n%s", err, d.Text())
			continue
		}
		if s.API != "custom" || len(s.Custom.Endpoints) != 1 || s.Pattern[0] != d.Pattern || !strings.HasPrefix(string(d.Text()), scenarios.Modeline) {
			t.Errorf("%+v\n%s", s.Custom, d.Text())
		}
	}
}

// The scenario of a draft has every field of the draft.
func TestCustomDraftWritesEveryField(t *testing.T) {
	d := customDraft("wss://example.org/ws", "echo", scenarios.CustomDraft{
		Headers: []string{"Authorization: Bearer ${TOKEN}", "X-Odd:  a: \"b\" # c"}, Cookies: []string{"s=${SESSION}"}, Query: []string{"q=1=2"},
		Messages: []string{"{\"id\": {{.RequestNumber}}}\n", "@some file.json", "- [a"}, Rows: "r.csv", Match: "field:items[0].id", Expect: "ok",
		Subscribe: []string{"'a'", "b: {{.Row.c}}"}, Subprotocols: []string{"v2", "v1"}, Binary: true, Deflate: "each",
		CA: "ca.pem", Cert: "c.pem", Key: "k.pem", ServerName: "other", Insecure: false, PID: "12",
	})
	d.Custom.Messages = d.Custom.Messages[:2]
	s, err := scenarios.ParseWith("draft", d.Text(), scenarios.Options{Lookup: lookupSecret})
	if err != nil {
		t.Fatalf("%v\n%s", err, d.Text())
	}
	o, e := s.Custom, s.Custom.Endpoints["websocket"]
	if !slices.Equal(o.Headers, []scenarios.Pair{{Name: "Authorization", Value: "Bearer hunter2-token"}, {Name: "X-Odd", Value: `a: "b" # c`}}) ||
		o.Cookies[0].Value != "hunter2-session" || o.Query[0] != (scenarios.Pair{Name: "q", Value: "1=2"}) {
		t.Errorf("%+v", o)
	}
	if o.Messages[0].Text != "{\"id\": {{.RequestNumber}}}\n" || o.Messages[1].File != "some file.json" || o.Rows.File != "r.csv" ||
		o.Match != (scenarios.Match{By: "field", Field: "items[0].id"}) || o.Expect.Contains != "ok" || o.Opening[1].Text != "b: {{.Row.c}}" {
		t.Errorf("%+v", o)
	}
	if !slices.Equal(e.Subprotocols, []string{"v2", "v1"}) || e.Frames != "binary" || e.Deflate != "each" || o.TLS.ServerName != "other" || o.TLS.Key != "k.pem" || o.Stats.PID != 12 {
		t.Errorf("%+v %+v", e, o)
	}
	if strings.Contains(string(s.Source), "hunter2") {
		t.Errorf("%s", s.Source)
	}
}

// Values cannot add keys to the scenario of a draft.
func TestCustomDraftInjectsNothing(t *testing.T) {
	for _, evil := range []string{"a\nname: b", "a # b", "a: b", "[a", "\"", "'", "{}", "&a", "*a", "- a", "a:", "~", "", "\\", "%s", "a\x7fb", "}}", "\xff\"", "a\"b'c"} {
		d := customDraft("wss://example.org/"+evil, "echo", scenarios.CustomDraft{
			Headers: []string{evil + ":" + evil}, Cookies: []string{evil + "=" + evil}, Query: []string{evil + "=" + evil}, BearerEnv: evil, Messages: []string{evil, "@" + evil},
			Rows: evil, Match: "field:" + evil, Expect: evil, Stamp: evil + ":ms", Subscribe: []string{evil}, Subprotocols: []string{evil}, Deflate: evil, CA: evil, PID: evil, Post: evil, Body: evil,
		})
		_, err := scenarios.Parse("draft", d.Text())
		if err != nil && (strings.Contains(err.Error(), "not YAML") || strings.Contains(err.Error(), `unknown key "name"`)) {
			t.Errorf("%q: %v\n%s", evil, err, d.Text())
		}
	}
}

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
		if got := [3]string{e.URL, e.Post, e.Public()}; got != want {
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
	if c.Model != "server" || c.Rate != 0 || c.Arrivals != "" || c.TLS || c.API != "custom" || s.Custom.Match.By != "none" || s.Address != "" {
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
		d := customDraft("ws://localhost/", "echo", scenarios.CustomDraft{Deflate: deflate, Limit: "2MiB"})
		d.Connections = "20,300"
		s, err := scenarios.Parse("draft", d.Text())
		if err != nil {
			t.Fatalf("%v\n%s", err, d.Text())
		}
		p := s.Plan()
		if p.DeflateMemory != want || p.ClientMemory < want || p.ClientMemory > want+1_000_000 || s.Custom.Endpoints["websocket"].Limit != 2<<20 {
			t.Errorf("%s: %d of %d", deflate, p.DeflateMemory, p.ClientMemory)
		}
	}
}
