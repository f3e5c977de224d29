//go:build linux

package acceptance

import (
	"strconv"
	"strings"
	"testing"

	"rtbench/loadgen/foreign"
	"rtbench/report/result"
)

// A late is a server that replies 900 ms after a message came, and a scenario for it in which
// SERVER is its URL up to the path.
type late struct {
	name, server, scheme, route, text string
	replies                           int // to each message
}

var lates = []late{
	{"websocket by field", "python-websockets", "ws", "/later", `
target: {websocket: SERVER/later}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":900}'
match: {field: id}
load: {rate: 40/s, connections: 2}
`, 1},
	{"websocket by order", "node-ws", "ws", "/echo", `
target: {websocket: SERVER/echo}
pattern: echo
messages: '{"after":900}'
match: order
load: {rate: 40/s, connections: 2}
`, 1},
	{"websocket, some replies late", "node-ws", "ws", "/echo", `
target: {websocket: SERVER/echo}
pattern: echo
messages: ['{"id":{{.RequestNumber}},"after":900}', '{"id":{{.RequestNumber}},"after":10}', '{"id":{{.RequestNumber}},"after":10}']
match: {field: id}
load: {rate: 200/s, connections: 2}
`, 1},
	{"websocket, overtaken by thousands", "node-ws", "ws", "/echo", `
target: {websocket: SERVER/echo}
pattern: echo
messages: ['{"id":{{.RequestNumber}},"after":900}', '{"id":{{.RequestNumber}}}', '{"id":{{.RequestNumber}}}']
match: {field: id}
load: {rate: 3k/s, connections: 1}
`, 1},
	{"websocket, unmatched", "python-websockets", "ws", "/later", `
target: {websocket: SERVER/later}
pattern: echo
messages: '{"after":900}'
match: none
load: {rate: 40/s, connections: 2}
`, 0},
	{"websocket, closed loop", "python-websockets", "ws", "/later", `
target: {websocket: SERVER/later}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":900}'
match: {field: id}
load: {model: closed, connections: 5}
`, 1},
	{"websocket, fan-out", "node-ws", "ws", "/room", `
target: {websocket: SERVER/room}
pattern: fanout
messages: '{"h":"{{.Header}}","after":900}'
match: {header: h}
load: {rate: 40/s, connections: 3}
`, 3},
	{"tcp by field", "node-tcp", "tcp", "lines", `
target: {tcp: SERVER}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":900}'
match: {field: id}
load: {rate: 40/s, connections: 2}
`, 1},
	{"tcp, closed loop", "node-tcp", "tcp", "lines", `
target: {tcp: SERVER}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":900}'
match: {field: id}
load: {model: closed, connections: 5}
`, 1},
	{"sse", "fastapi", "http", "", `
target: {sse: {url: 'SERVER/events?session=a', post: 'SERVER/messages?session=a'}}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":900}'
match: {field: id}
load: {rate: 40/s, connections: 1}
`, 1},
	{"sse, closed loop", "fastapi", "http", "", `
target: {sse: {url: 'SERVER/events?session=a', post: 'SERVER/messages?session=a'}}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":900}'
match: {field: id}
load: {model: closed, connections: 1}
`, 1},
	{"grpc bidi", "node-grpc", "grpc", "/chat.v1.Chat/Talk", `
target: {grpc: SERVER/chat.v1.Chat/Talk}
pattern: echo
messages: {json: {id: '{{.RequestNumber}}', text: after 900}}
match: {field: id}
load: {rate: 40/s, connections: 2}
`, 1},
	{"grpc unary", "node-grpc", "grpc", "/chat.v1.Chat/Ask", `
target: {grpc: SERVER/chat.v1.Chat/Ask}
pattern: echo
messages: {json: {id: '{{.RequestNumber}}', text: after 900}}
match: {field: id}
load: {rate: 40/s, connections: 40}
`, 1},
}

// A reply that arrives within phases.drain counts, however slow it is: client and server
// agree on every message.
func TestLateRepliesCount(t *testing.T) {
	t.Parallel()
	for _, c := range lates {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rep, server := c.run(t, "phases: {warmup: 0s, steady: 500ms, drain: 10s}\n")
			n, l := rep.Counters, server.Ledger(t).Counts
			if c.route != "" {
				l = server.Ledger(t).Routes[c.route]
			}
			if n.AllSent == 0 || n.AllSent != uint64(l.Received) {
				t.Errorf("the client sent %d messages, the server received %d", n.AllSent, l.Received)
			}
			if c.replies == 0 { // of unmatched messages only gaps are measured
				if n.AllReceived != uint64(l.Sent) || n.AllReceived != n.AllSent {
					t.Errorf("the server sent %d replies, the client received %d", l.Sent, n.AllReceived)
				}
				return
			}
			want := n.Sent * uint64(c.replies)
			if n.Published > 0 { // of a fan-out, deliveries are sent
				want = n.Published * uint64(c.replies)
			}
			if n.Lost != 0 || n.Recorded != want || n.AllReceived != uint64(l.Sent) || n.AllReceived != uint64(c.replies)*n.AllSent {
				t.Errorf("sent %d, recorded %d, lost %d; in all the server sent %d replies, the client received %d",
					n.Sent, n.Recorded, n.Lost, l.Sent, n.AllReceived)
			}
		})
	}
}

// run runs the scenario against its server.
func (c late) run(t *testing.T, phases string) (*result.Repetition, *foreign.Server) {
	t.Helper()
	server := foreign.Start(t, c.server)
	text := "name: late\ncontract: own\n" + phases + strings.ReplaceAll(c.text, "SERVER", server.URL(c.scheme, ""))
	s := newSession(t, map[string]string{"late.yaml": text})
	o := s.rtbench("run", "late.yaml", "--quiet", "--out", "r")
	return o.result("r").Cells[0].Repetitions[0], server
}

// A reply that arrives after the drain is lost, and no message that has a reply is waited for.
func TestRepliesAfterTheDrainAreLost(t *testing.T) {
	t.Parallel()
	c := late{"", "node-ws", "ws", "/echo", `
target: {websocket: SERVER/echo}
pattern: echo
messages: ['{"id":{{.RequestNumber}},"after":60000}', '{"id":{{.RequestNumber}},"after":1}']
match: {field: id}
load: {rate: 100/s, connections: 1}
`, 1}
	rep, _ := c.run(t, "phases: {warmup: 0s, steady: 500ms, drain: 300ms}\n")
	if n := rep.Counters; n.Sent != 50 || n.Recorded != 25 || n.Lost != 25 {
		t.Errorf("sent %d, recorded %d, lost %d; want 50, 25, 25", n.Sent, n.Recorded, n.Lost)
	}
}

// Closing steps are done after the drain, even if it waited in vain.
func TestClosingStepsFollowTheDrain(t *testing.T) {
	t.Parallel()
	for _, after := range []int{10, 60000} {
		c := late{"", "node-ws", "ws", "/echo", `
target: {websocket: SERVER/echo}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":` + strconv.Itoa(after) + `}'
match: {field: id}
load: {rate: 20/s, connections: 2}
steps: [load, {think: 100ms}, {send: '{"bye":true}'}, {wait: {field: bye, is: true}}]
`, 1}
		rep, server := c.run(t, "phases: {warmup: 0s, steady: 500ms, drain: 1s}\n")
		l := server.Ledger(t).Routes["/echo"]
		if n := rep.Counters; n.AllSent != 10 || l.Received != 12 || len(n.Unexpected) != 0 {
			t.Errorf("replies after %d ms: the client sent 10 messages and 2 goodbyes (%d), the server received %d; unexpected: %v",
				after, n.AllSent, l.Received, n.Unexpected)
		}
	}
}
