package scenarios_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios"
)

// The example in the heading of each preset is a scenario, once it has a name and a load.
func TestExamplesOfPresets(t *testing.T) {
	if got := strings.Join(scenarios.Presets(), " "); got != "graphql-ws phoenix signalr socketio stomp" {
		t.Fatalf("presets %s", got)
	}
	for _, name := range scenarios.Presets() {
		text, _ := scenarios.Preset(name)
		var example []string
		for line := range strings.Lines(string(text)) {
			if key, ok := strings.CutPrefix(line, "#   "); ok {
				example = append(example, key)
			}
		}
		s := parseWith(t, strings.Join(example, "")+"name: mine\nload: {rate: 1/s}\n", scenarios.Options{})
		e := s.Custom.Endpoints["websocket"]
		if scenarios.PresetAbout(name) == "" || e == nil || len(s.Custom.Opening) == 0 || len(s.Custom.Messages) != 1 || strings.Contains(s.Custom.Messages[0].Text, "{{.payload}}") {
			t.Errorf("%s: %+v", name, s.Custom)
		}
	}
}

// The keys of a scenario override those of a preset: a URL alone leaves options of the endpoint and the query, steps follow
// the handshake, and a key without a value is removed.
func TestIncludeAPreset(t *testing.T) {
	s := parseWith(t, `
name: mine
include: [graphql-ws]
target: wss://example.org/graphql
values: {query: '{ me { name } }', init: '{"token":"${N}"}'}
steps: [{think: 1s}, load, {think: 2s}]
answers: ~
heartbeat: {every: 5s, send: '{"type":"ping"}'}
load: {rate: 1/s}
`, scenarios.Options{})
	c := s.Custom
	var steps []string
	for _, step := range slices.Concat(c.Opening, c.Closing) {
		steps = append(steps, step.Do+" "+step.Text)
	}
	if got := strings.Join(steps, "|"); got != `send {"type":"connection_init","payload":{"token":"7"}}|expect |think |think ` {
		t.Errorf("steps %s", got)
	}
	if e := c.Endpoints["websocket"]; e.URL != "wss://example.org/graphql" || len(e.Subprotocols) != 1 {
		t.Errorf("endpoint %+v", e)
	}
	if len(c.Answers) > 0 || c.Heartbeat.Every != 5*time.Second || c.Match.Field != "id" {
		t.Errorf("%+v", c)
	}
	if got, want := c.Messages[0].Text, `{"id":"{{.RequestNumber}}","type":"subscribe","payload":{"query":"{ me { name } }","variables":{}}}`; got != want {
		t.Errorf("message %s, expected %s", got, want)
	}

	s = parseWith(t, `
name: mine
include: socketio
target: {websocket: "wss://example.org/socket.io/", query: {room: 7}}
pattern: push
messages: ~
match: ~
values: {namespace: '/chat,'}
load: {connections: 3}
`, scenarios.Options{})
	if c := s.Custom; len(c.Query) != 3 || len(c.Messages) > 0 || c.Match.By != "none" || c.Opening[1].Text != "40/chat," {
		t.Errorf("%+v", c)
	}
}

// Conditions have values too.
func TestValuesInConditions(t *testing.T) {
	s := parseWith(t, `
name: mine
target: ws://h/
pattern: echo
values: {topic: 'lobby {{.Stream}}'}
answers: {to: {field: topic, is: '{{.topic}}'}, send: '{{.topic}}'}
load: {rate: 1/s}
`, scenarios.Options{})
	if a := s.Custom.Answers[0]; *a.To.Is != "lobby {{.Stream}}" || a.Text != *a.To.Is {
		t.Errorf("%+v", a)
	}
}

// Each group has the values that it does not override.
func TestValuesOfGroups(t *testing.T) {
	s := parseWith(t, `
name: mine
include: phoenix
target: wss://example.org/socket/websocket
values: {topic: 'room:{{.Stream}}', event: shout}
groups:
  speakers: {load: {rate: 1/s, connections: 2}, values: {event: say}}
  movers: {load: {rate: 1/s}, values: {topic: game, event: move, payload: '{"topic":"{{.topic}}"}'}}
  watchers: {pattern: push, messages: ~, match: ~, expect: ~, load: {connections: 3}}
`, scenarios.Options{})
	for i, want := range []string{
		`["join","{{.RequestNumber}}","room:{{.Stream}}","say",{"text":"{{randomString 20}}"}]`,
		`["join","{{.RequestNumber}}","game","move",{"topic":"game"}]`,
	} {
		if got := s.Groups[i].Custom.Messages[0].Text; got != want {
			t.Errorf("group %d sends %s, expected %s", i, got, want)
		}
	}
	if c := s.Groups[2].Custom; len(c.Messages) > 0 || c.Match.By != "none" || c.Expect != nil || len(c.Opening) != 2 || c.Heartbeat.Every == 0 {
		t.Errorf("the watchers have %+v", c)
	}
}
