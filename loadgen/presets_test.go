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

// A presetCase is a scenario that includes a preset, for a server that closes connections that give no sign of life for
// 2 s.
type presetCase struct {
	preset, server, path, route string
	text                        string // with the URL of path
	alive, silent               string // with and without signs of life
	// signs returns the signs of life that the server counted.
	signs func(thirdparty.Ledger) int
}

func pings(l thirdparty.Ledger) int { return l.Pings }

func pongs(l thirdparty.Ledger) int { return l.Pongs }

var presetCases = []presetCase{
	{"socketio", "node-socketio", "/socket.io/", "/", "values: {event: say}", "", "answers: ~", pongs},
	{"socketio", "node-socketio", "/socket.io/", "/chat", "values: {event: say, namespace: '/chat,'}\nstack: gorilla", "", "answers: ~", pongs},
	{"signalr", "node-signalr", "/hub", "/hub", "values: {method: Echo}", "heartbeat: {every: 100ms}", "heartbeat: ~", pongs},
	{
		"stomp", "node-stomp", "/stomp", "/stomp",
		"values: {destination: '/app/echo.{{.Stream}}', subscription: '/topic/{{.Stream}}', heartbeats: '100,0'}",
		"heartbeat: {every: 100ms}", "heartbeat: ~", pings,
	},
	{"phoenix", "node-phoenix", "/socket/websocket", "room:lobby", "values: {topic: 'room:lobby', event: say}", "heartbeat: {every: 100ms}", "heartbeat: ~", pings},
	{
		"graphql-ws", "node-graphql", "/graphql", "/graphql",
		`values: {query: 'query($text: String!) { echo(text: $text) }', variables: '{"text":"{{randomString 20}}"}'}`,
		"", "answers: ~", pongs,
	},
}

// With each preset the server answers every message and keeps the connections, as it does for the client by the
// protocol's authors, and both ends count the same.
func TestPresets(t *testing.T) {
	testrun.OnlyWithAll(t)
	for _, c := range presetCases {
		t.Run(c.preset+" "+c.route, func(t *testing.T) {
			t.Parallel()
			s := thirdparty.Start(t, c.server)
			before := s.Judge(t, 20)
			n := c.run(t, s, c.alive, "200/s")
			l := s.Ledger(t)
			at, was := l.Routes[c.route], before.Routes[c.route]
			if received := uint64(at.Received - was.Received); n.Sent == 0 || n.AllSent != received || n.AllReceived != received || uint64(at.Sent-was.Sent) != received {
				t.Errorf("the client sent %d and received %d, the server: %+v after %+v", n.AllSent, n.AllReceived, at, was)
			}
			if signs := uint64(c.signs(l) - c.signs(before)); signs < 5*5 || n.Answers+n.Heartbeats != signs {
				t.Errorf("the client sent %d answers and %d heartbeats, the server received %d", n.Answers, n.Heartbeats, signs)
			}
			if n.Failed+n.Duplicates+n.Unmatched+n.Reopened > 0 || len(n.Errors)+len(n.Refused)+len(n.Closed) > 0 || at.Connections-was.Connections != 5 {
				t.Errorf("%+v", n)
			}
		})
	}
}

// Without answers or heartbeats the server closes the connections.
func TestPresetsGiveSignsOfLife(t *testing.T) {
	testrun.OnlyWithAll(t)
	for _, c := range presetCases {
		t.Run(c.preset+" "+c.route, func(t *testing.T) {
			t.Parallel()
			n := c.run(t, thirdparty.Start(t, c.server), c.silent, "1/s") // messages would be signs of life
			if n.Answers+n.Heartbeats > 0 || len(n.Errors)+len(n.Closed) == 0 {
				t.Errorf("no connection was closed: %+v", n)
			}
		})
	}
}

// Listeners in a room receive the events that speakers emit, over the preset of both.
func TestRoomOverPreset(t *testing.T) {
	t.Parallel()
	s := thirdparty.Start(t, "node-socketio")
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{parse(t, fmt.Sprintf(`name: room
include: socketio
target: %s
values: {event: say, payload: '{"room":"lobby","text":"hello","header":"{{.Header}}"}'}
groups:
  speakers: {load: {rate: 200/s, connections: 2}}
  listeners:
    steps: [{send: '420["join","lobby"]'}, {wait: {matches: ^430}}]
    deliver: {from: speakers, field: '[1].header'}
    load: {connections: 3}
phases: {warmup: 0s, steady: 1s, drain: 10s}
`, s.URL("ws", "/socket.io/")))}})
	if err != nil {
		t.Fatal(err)
	}
	said, heard := res.Cells[0].Repetitions[0].Counters, res.Cells[1].Repetitions[0].Counters
	if said.Sent != 200 || said.Recorded != 200 || heard.Published != 200 || heard.Recorded != 600 || said.Failed+heard.Failed+said.Unmatched+heard.Unmatched > 0 {
		t.Errorf("%+v\n%+v", said, heard)
	}
	if l := s.Ledger(t); l.Received != 200 || l.Sent != 800 || l.Connections != 5 {
		t.Errorf("the server counted %+v", l)
	}
}

// run returns the counters of all phases.
func (c presetCase) run(t *testing.T, s *thirdparty.Server, more, rate string) result.Counters {
	t.Helper()
	text := fmt.Sprintf("name: preset\ninclude: %s\ntarget: %s\n%s\n%s\nload: {rate: %s, connections: 5}\nphases: {warmup: 0s, steady: 2500ms, drain: 5s}\n",
		c.preset, s.URL("ws", c.path), c.text, more, rate)
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
	if err != nil {
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if rep.Error != "" {
		t.Fatal(rep.Error)
	}
	return rep.AllPhases()
}
