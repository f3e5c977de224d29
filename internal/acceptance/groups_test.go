//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// deliveredGroups is a scenario of two speakers and three listeners, without its target.
const deliveredGroups = `name: s
phases: {warmup: 0s, steady: 500ms, drain: 10s}
groups:
  speakers:
    pattern: echo
    load: {rate: 200/s, connections: 2}
    messages: '{"from":{{.Stream}},"data":{"header":"{{.Header}}"}}'
    match: none
  listeners:
    deliver: {from: speakers, field: data.header}
    load: {connections: 3}
    steps: [{send: '{"hello":{{.Stream}}}'}]
target: {`

// Listeners count the messages of each speaker, and nothing else that the room carries.
func TestDeliveriesToAnotherGroup(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-ws")
	s := newSession(t, map[string]string{"s.yaml": deliveredGroups + webSocketTarget(server, "/others") + "}\n"})
	o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").wantCode(0)
	cells := o.result("r").Cells
	spoken, heard := cells[0].Repetitions[0].Counters, cells[1].Repetitions[0].Counters
	if spoken.Sent != 100 || heard.Published != 100 || heard.Planned != 300 || heard.Recorded != 300 || heard.Failed != 0 {
		t.Errorf("%+v\n%+v", spoken, heard)
	}
	if n := cells[1].Repetitions[0].Response.Count(); n != 300 {
		t.Errorf("%d delivery times, want 300", n)
	}
	// 100 messages to the other four, and 3 hellos to those that were open.
	if got := server.Ledger(t).Counts; got.Received != 103 || got.Sent < 400 || got.Sent > 412 {
		t.Errorf("the server counted %+v", got)
	}
}

// So do listeners of event streams and of gRPC calls, and both ends count the same.
func TestDeliveriesOverEveryProtocol(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		name, route, target string
		message, field      string
		steps               string // of listeners, after which the server knows them
		received, sent      int    // by the server, of 100 messages to two speakers and three listeners, and of steps
	}{
		{
			"fastapi", "/events", "{sse: {url: 'http://SERVER/events?session=a', post: 'http://SERVER/messages?session=a'}}",
			`{"data":{"header":"{{.Header}}"}}`, "data.header", "", 100, 500,
		},
		{
			"node-grpc", "/chat.v1.Chat/Meet", "grpc://SERVER/chat.v1.Chat/Meet", `{"id":{{.RequestNumber}},"text":"{{.Header}}"}`, "text",
			`, steps: [{send: {json: {text: hello}}}, {wait: {field: text, is: welcome}}]`, 103, 403,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := thirdparty.Start(t, c.name)
			s := newSession(t, map[string]string{"s.yaml": strings.NewReplacer("SERVER", server.Host, "FIELD", c.field, "STEPS", c.steps, "MESSAGE", c.message).Replace(`name: s
phases: {warmup: 0s, steady: 500ms, drain: 10s}
groups:
  speakers: {pattern: echo, load: {rate: 200/s, connections: 2}, messages: 'MESSAGE', match: none}
  listeners: {deliver: {from: speakers, field: FIELD}, load: {connections: 3}STEPS}
target: ` + c.target + "\n")})
			o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").wantCode(0)
			cells := o.result("r").Cells
			spoken, heard := cells[0].Repetitions[0].Counters, cells[1].Repetitions[0].Counters
			if spoken.Sent != 100 || heard.Published != 100 || heard.Planned != 300 || heard.Recorded != 300 || heard.Failed+heard.Unmatched != 0 {
				t.Errorf("%+v\n%+v", spoken, heard)
			}
			l := server.Ledger(t)
			if at := l.Routes[c.route]; l.Received != c.received || at.Sent != c.sent || at.Connections != 5 {
				t.Errorf("the server counted %+v", l)
			}
		})
	}
}

// Of messages that the server keeps from one listener, it loses those and no other.
func TestLostDeliveries(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	s := newSession(t, map[string]string{"s.yaml": deliveredGroups + tcpTarget(roomServer(t, 5, false)) + "}\n"})
	o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r")
	n := o.result("r").Cells[1].Repetitions[0].Counters
	wantBalance(t, n)
	// The last connection misses messages 0, 10, 20, 30 and 40 of each speaker.
	if n.Published != 100 || n.Lost != 10 || n.Recorded != 290 || n.Duplicates+n.OutOfOrder+n.Corrupt != 0 {
		t.Errorf("%+v", n)
	}
}
