//go:build linux

package acceptance

import (
	"fmt"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// A late is a scenario for a server that delays each reply by the milliseconds in the message.
type late struct {
	name, server string
	target       func(*thirdparty.Server) string
	pattern      string
	load, more   string
	replies      int // per message; 0 if they are not matched
}

const (
	byField = `messages: '{"id":{{.RequestNumber}},"after":900}'
match: {field: id}
`
	byFieldOfJSON = `messages: {json: {id: '{{.RequestNumber}}', text: after 900}}
match: {field: id}
`
	someLate = `messages: ['{"id":{{.RequestNumber}},"after":900}', '{"id":{{.RequestNumber}},"after":10}', '{"id":{{.RequestNumber}},"after":10}']
match: {field: id}
`
	overtaken = `messages: ['{"id":{{.RequestNumber}},"after":900}', '{"id":{{.RequestNumber}}}', '{"id":{{.RequestNumber}}}']
match: {field: id}
`
	byOrder  = "messages: '{\"after\":900}'\nmatch: order\n"
	byNone   = "messages: '{\"after\":900}'\nmatch: none\n"
	byHeader = `messages: '{"h":"{{.Header}}","after":900}'
match: {header: h}
`
)

const openLoop, closedLoopOf5 = "rate: 40/s, connections: 2", "model: closed, connections: 5"

var lates = []late{
	{"websocket by field", "python-websockets", onWebSocket("/later"), "", openLoop, byField, 1},
	{"websocket by order", "node-ws", onWebSocket("/echo"), "", openLoop, byOrder, 1},
	{"websocket, some replies late", "node-ws", onWebSocket("/echo"), "", "rate: 200/s, connections: 2", someLate, 1},
	{"websocket, overtaken by thousands", "node-ws", onWebSocket("/echo"), "", "rate: 3k/s, connections: 1", overtaken, 1},
	{"websocket, unmatched", "python-websockets", onWebSocket("/later"), "", openLoop, byNone, 0},
	{"websocket, closed loop", "python-websockets", onWebSocket("/later"), "", closedLoopOf5, byField, 1},
	{"websocket, fan-out", "node-ws", onWebSocket("/room"), "fanout", "rate: 40/s, connections: 3", byHeader, 3},
	{"tcp by field", "node-tcp", onLines, "", openLoop, byField, 1},
	{"tcp, closed loop", "node-tcp", onLines, "", closedLoopOf5, byField, 1},
	{"sse", "fastapi", sessionTarget, "", "rate: 40/s, connections: 1", byField, 1},
	{"sse, closed loop", "fastapi", sessionTarget, "", "model: closed, connections: 1", byField, 1},
	{"grpc bidi", "node-grpc", reflected("Talk"), "", openLoop, byFieldOfJSON, 1},
	{"grpc unary", "node-grpc", reflected("Ask"), "", "rate: 40/s, connections: 40", byFieldOfJSON, 1},
}

// run runs the scenario against its server.
func (c late) run(t *testing.T, phases string) (*result.Repetition, *thirdparty.Server) {
	t.Helper()
	server := thirdparty.Start(t, c.server)
	r, _ := newSession(t, nil).measure(scenario{pattern: c.pattern, target: c.target(server), load: c.load, phases: phases, more: c.more})
	return r, server
}

// A reply that arrives within phases.drain counts, however slow it is: client and server
// agree on every message.
func TestLateRepliesCount(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range lates {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rep, server := c.run(t, "warmup: 0s, steady: 500ms, drain: 10s")
			n, l := rep.Counters, server.Ledger(t).Counts
			if n.AllSent == 0 || n.AllSent != uint64(l.Received) {
				t.Errorf("the client sent %d messages, the server received %d", n.AllSent, l.Received)
			}
			if c.replies == 0 { // unmatched messages have only gaps
				if n.AllReceived != uint64(l.Sent) || n.AllReceived != n.AllSent {
					t.Errorf("the server sent %d replies, the client received %d", l.Sent, n.AllReceived)
				}
				return
			}
			want := n.Sent * uint64(c.replies)
			if n.Published > 0 { // a fan-out sends deliveries
				want = n.Published * uint64(c.replies)
			}
			if n.Lost != 0 || n.Recorded != want || n.AllReceived != uint64(l.Sent) || n.AllReceived != uint64(c.replies)*n.AllSent {
				t.Errorf("sent %d, recorded %d, lost %d; in all the server sent %d replies, the client received %d",
					n.Sent, n.Recorded, n.Lost, l.Sent, n.AllReceived)
			}
		})
	}
}

// A reply that arrives after the drain is lost; the others are recorded.
func TestRepliesAfterTheDrainAreLost(t *testing.T) {
	t.Parallel()
	c := late{server: "node-ws", target: onWebSocket("/echo"), load: "rate: 100/s, connections: 1", more: `match: {field: id}
messages: ['{"id":{{.RequestNumber}},"after":60000}', '{"id":{{.RequestNumber}},"after":1}']
`}
	rep, _ := c.run(t, "warmup: 0s, steady: 500ms, drain: 300ms")
	if n := rep.Counters; n.Sent != 50 || n.Recorded != 25 || n.Lost != 25 {
		t.Errorf("sent %d, recorded %d, lost %d; want 50, 25, 25", n.Sent, n.Recorded, n.Lost)
	}
}

// Closing steps run after the drain, even if it timed out.
func TestClosingStepsFollowTheDrain(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, after := range []int{10, 60000} {
		c := late{server: "node-ws", target: onWebSocket("/echo"), load: "rate: 20/s, connections: 2", more: fmt.Sprintf(`match: {field: id}
messages: '{"id":{{.RequestNumber}},"after":%d}'
steps: [load, {think: 100ms}, {send: '{"bye":true}'}, {wait: {field: bye, is: true}}]
`, after)}
		rep, server := c.run(t, "warmup: 0s, steady: 500ms, drain: 1s")
		l := server.Ledger(t)
		if n := rep.Counters; n.AllSent != 10 || l.Received != 12 || len(n.Unexpected) != 0 {
			t.Errorf("replies after %d ms: the client sent 10 messages and 2 goodbyes (%d), the server received %d; unexpected: %v",
				after, n.AllSent, l.Received, n.Unexpected)
		}
	}
}
