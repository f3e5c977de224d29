//go:build linux

package acceptance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rtbench/loadgen/foreign"
	"rtbench/report/result"
)

// runScenario writes a scenario and runs it, and returns its only repetition.
func (s *session) runScenario(t *testing.T, scenario string) (*result.Repetition, outcome) {
	t.Helper()
	o := s.rtbench("run", s.write("x.yaml", scenario), "--quiet", "--out", "r")
	r := o.result("r").Cells[0].Repetitions[0]
	return r, o
}

// Heartbeats are the reply to no message: they are counted apart with an example, whether
// replies are checked or not, and in a closed loop they do not make the client send.
func TestHeartbeatsAreUnmatched(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	for name, load := range map[string]string{"open": "{rate: 40/s, connections: 2}", "closed": "{model: closed, connections: 2}"} {
		for _, expect := range []string{"", "expect: {field: message.text, matches: '^(ok|no)$'}\n"} {
			t.Run(name+" "+expect, func(t *testing.T) {
				before := server.Ledger(t).Routes["/cable"]
				r, o := newSession(t, nil).runScenario(t, `name: heartbeats
target: {websocket: "`+server.URL("ws", "/cable")+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: message.id}
`+expect+`load: `+load+`
phases: {warmup: 0s, steady: 1s, drain: 5s}
`)
				n, l := r.Whole(), server.Ledger(t).Routes["/cable"]
				received, sent := uint64(l.Received-before.Received), uint64(l.Sent-before.Sent)
				if n.Recorded == 0 || n.Recorded != received || n.AllSent != received || n.Failed+n.Duplicates+n.Corrupt > 0 || len(n.Unexpected) > 0 {
					t.Errorf("%+v; the server received %d", n, received)
				}
				if n.Unmatched == 0 || n.Unmatched+n.Recorded > sent || name == "closed" && n.Recorded > 110 { // 20 ms each
					t.Errorf("%d unmatched beside %d replies, of %d that the server sent", n.Unmatched, n.Recorded, sent)
				}
				kinds := result.UnmatchedKinds(n)
				if len(kinds) != 2 || !strings.Contains(kinds[0].Example, `"ping"`) || !strings.Contains(kinds[1].Example, `"welcome"`) || kinds[1].Count != 2 {
					t.Errorf("kinds %+v", kinds)
				}
				if !strings.Contains(o.Stdout, `unmatched — {"type": "ping"`) {
					t.Errorf("the heartbeats are not shown:\n%s", o.Stdout)
				}
			})
		}
	}
}

// A reply that violates expect is an error reply to its message; what answers nothing is not.
func TestOnlyRepliesViolateExpect(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	r, _ := newSession(t, nil).runScenario(t, `name: wrong
target: {websocket: "`+server.URL("ws", "/cable")+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: message.id}
expect: {field: message.text, is: ok}
load: {rate: 35/s, connections: 1}
phases: {warmup: 0s, steady: 1s, drain: 5s}
`)
	if n := r.Counters; n.Due != 35 || n.ErrorReplies != 5 || n.Recorded != 30 || n.Lost != 0 || n.Unexpected["not as expected"] != 5 {
		t.Errorf("%+v", n)
	}
}

// In a push the number is looked for before the stamp.
func TestHeartbeatsBesideNumberedMessages(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	r, _ := newSession(t, nil).runScenario(t, `name: push
target: {websocket: "`+server.URL("ws", "/feed/cable")+`"}
pattern: push
match: {field: message.seq}
stamp: {field: message.ts, unit: us}
load: {connections: 2}
phases: {warmup: 0s, steady: 1s, drain: 2s}
`)
	n, l := r.Whole(), server.Ledger(t).Routes["/feed/cable"]
	if len(n.Unexpected) > 0 || n.Unmatched < 10 || n.AllReceived < 10 || n.Lost > 0 || n.Unmatched+n.AllReceived > uint64(l.Sent) {
		t.Errorf("%+v; the server sent %d", n, l.Sent)
	}
}

// A greeting carries no header of ours: it is unmatched, and not corrupt. If order is all there
// is to match by, ignore says what is no reply.
func TestGreetings(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	for name, matching := range map[string]string{
		"order and ignore": "messages: '{\"id\":{{.RequestNumber}}}'\nmatch: order\nignore: [{field: type, is: ping}, {contains: welcome}]\nexpect: {field: message.id}\n",
		"header":           "match: header\n",
	} {
		t.Run(name, func(t *testing.T) {
			r, o := newSession(t, nil).runScenario(t, `name: greeting
target: {websocket: "`+server.URL("ws", "/cable")+`"}
pattern: echo
`+matching+`load: {rate: 20/s, connections: 2}
phases: {warmup: 0s, steady: 500ms, drain: 1s}
`)
			n := r.Whole()
			if n.Corrupt > 0 || n.Unmatched < 10 {
				t.Errorf("%+v", n)
			}
			if name != "header" && (n.Recorded != 10 || n.Surplus > 0 || len(n.Unexpected) > 0) {
				t.Errorf("%+v\n%s", n, o.Stdout)
			}
			if name == "header" && !strings.Contains(o.Stdout, "received that answer no request") {
				t.Errorf("the reason does not say what came:\n%s", o.Stdout)
			}
		})
	}
}

// Events that are none of the guide's contract are counted and shown.
func TestEventsOfAnotherContract(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "fastapi")
	r, o := newSession(t, nil).runScenario(t, `name: events
contract: guide
target: "`+server.Host+`"
path: /events
protocols: [sse]
pattern: push
load: {rate: 50/s, connections: 1}
phases: {warmup: 0s, steady: 500ms, drain: 500ms}
`)
	n, l := r.Whole(), server.Ledger(t)
	if n.Unmatched < 10 || n.Unmatched > uint64(l.Sent) || n.Recorded > 0 || len(n.UnmatchedKinds) != 1 || !strings.Contains(n.UnmatchedKinds[0].Example, `"n"`) {
		t.Errorf("%+v; the server sent %d", n, l.Sent)
	}
	if !strings.Contains(o.Stdout, "received that the scenario does not measure") {
		t.Errorf("the reason does not show what came:\n%s", o.Stdout)
	}
}

// write writes a file in the session's directory, and returns its name.
func (s *session) write(name, text string) string {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return name
}

// proto3 does not send a number that is 0, so a message without the field is the reply to no
// message, and no message has that number.
func TestGRPCMessagesWithoutTheMatchedField(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "node-grpc")
	for _, load := range []string{"{rate: 60/s, connections: 3}", "{model: closed, connections: 3, think: 5ms}"} {
		t.Run(load, func(t *testing.T) {
			before := server.Ledger(t)
			r, o := newSession(t, nil).runScenario(t, `name: beats
target: {grpc: "`+server.URL("grpc", "/chat.v1.Chat/Talk")+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}},"text":"beat"}'
match: {field: id}
expect: {field: ts, matches: '^[1-9]'}
load: `+load+`
phases: {warmup: 0s, steady: 500ms, drain: 5s}
`)
			n, l := r.Whole(), server.Ledger(t)
			received := uint64(l.Received - before.Received)
			if n.Recorded != received || n.Unmatched != received || n.Failed+n.Duplicates > 0 || len(n.Unexpected) > 0 {
				t.Errorf("%+v; the server received %d\n%s", n, received, o.Stdout)
			}
		})
	}
}

// The server's first message has the number 0, which proto3 does not send: it is measured.
func TestGRPCPushFromZero(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "node-grpc")
	r, o := newSession(t, nil).runScenario(t, `name: push
target: {grpc: "`+server.URL("grpc", "/chat.v1.Chat/Watch")+`"}
pattern: push
messages: '{"count":20}'
match: {field: n}
load: {connections: 2}
phases: {warmup: 0s, steady: 1s, drain: 1s}
`)
	n, l := r.Whole(), server.Ledger(t)
	if n.AllReceived < 80 || n.AllReceived > uint64(l.Sent) || n.Unmatched+n.Lost+n.Duplicates+n.Failed > 0 || n.Reopened < 2 {
		t.Errorf("%+v; the server sent %d\n%s", n, l.Sent, o.Stdout)
	}
}

// What arrives says nothing about when messages were sent.
func TestHeartbeatsDoNotChangeWhatWasSent(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	r, _ := newSession(t, nil).runScenario(t, `name: beats
target: {websocket: "`+server.URL("ws", "/cable")+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: none
load: {rate: 80/s, connections: 2}
phases: {warmup: 0s, steady: 1s, drain: 500ms}
`)
	if r.Series.ArrivalLimit > 0 || r.Counters.Sent != 80 || r.Counters.Recorded < 80 {
		t.Errorf("%+v, %+v", r.Series, r.Counters)
	}
}

// In a closed loop that matches by order, each heartbeat is taken for a reply and has one more
// message sent. The replies that are left over show it: neither times nor throughput are the
// server's then.
func TestHeartbeatsInAClosedLoopByOrder(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	for path, beats := range map[string]bool{"/cable": true, "/echo": false} {
		t.Run(path, func(t *testing.T) {
			before := server.Ledger(t).Routes[path]
			r, o := newSession(t, nil).runScenario(t, `name: order
target: {websocket: "`+server.URL("ws", path)+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: order
load: {model: closed, connections: 2, think: 1ms}
phases: {warmup: 200ms, steady: 500ms, drain: 5s}
`)
			n, l := r.Whole(), server.Ledger(t).Routes[path]
			received := uint64(l.Received - before.Received)
			if n.Clamped > 0 || !beats && n.AllReceived != received || n.Lost > 0 || n.Recorded == 0 {
				t.Errorf("%+v; the server received %d\n%s", n, received, o.Stdout)
			}
			unusable := !r.UsableTime(50) && slices.Contains(r.Validity.Unusable, result.ThroughputMetric)
			if beats && !unusable || (n.Surplus > 0) != beats || strings.Contains(o.Stdout, "answered no request") != beats {
				t.Errorf("%+v, %+v\n%s", n, r.Validity, o.Stdout)
			}
		})
	}
}
