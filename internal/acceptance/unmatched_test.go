//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// A reply that violates expect is an error reply to its message; an unmatched message is not.
func TestOnlyRepliesViolateExpect(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "python-websockets")
	r, _ := newSession(t, nil).measure(scenario{
		target: webSocketTarget(server, "/cable"), load: "rate: 35/s, connections: 1", phases: "warmup: 0s, steady: 1s, drain: 5s",
		more: numberedInMessage + "expect: {field: message.text, is: ok}",
	})
	if n := r.Counters; n.Due != 35 || n.ErrorReplies != 5 || n.Recorded != 30 || n.Lost != 0 || n.Unexpected["not as expected"] != 5 {
		t.Errorf("%+v", n)
	}
}

// A greeting without a header is unmatched, not corrupt. With match: order, ignore excludes
// messages that are not replies.
func TestGreetings(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	for name, matching := range map[string]string{
		"order and ignore": "messages: '{\"id\":{{.RequestNumber}}}'\nmatch: order\nignore: [{field: type, is: ping}, {contains: welcome}]\nexpect: {field: message.id}\n",
		"header":           "match: header\n",
	} {
		t.Run(name, func(t *testing.T) {
			r, o := newSession(t, nil).measure(scenario{
				target: webSocketTarget(server, "/cable"), load: "rate: 20/s, connections: 2", phases: "warmup: 0s, steady: 500ms, drain: 1s",
				more: matching,
			})
			n := r.AllPhases()
			if n.Corrupt > 0 || n.Unmatched+n.Ignored < 10 {
				t.Errorf("%+v", n)
			}
			if name != "header" && (n.Recorded != 10 || n.Surplus > 0 || len(n.Unexpected) > 0) {
				t.Errorf("%+v\n%s", n, o.Stdout)
			}
			if name == "header" && !strings.Contains(o.Stdout, "received that answer no request") {
				t.Errorf("the reason does not name the unmatched messages:\n%s", o.Stdout)
			}
		})
	}
}

// Events that do not follow the guide's API are counted and shown.
func TestEventsOutsideTheGuidesAPI(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "fastapi")
	r, o := newSession(t, nil).measure(scenario{
		pattern: "push", load: "rate: 50/s, connections: 1", phases: "warmup: 0s, steady: 500ms, drain: 500ms",
		more: "api: guide\ntarget: \"" + server.Host + "\"\npath: /events\nprotocols: [sse]",
	})
	n, l := r.AllPhases(), server.Ledger(t)
	if n.Unmatched < 10 || n.Unmatched > uint64(l.Sent) || n.Recorded > 0 || len(n.UnmatchedKinds) != 1 || !strings.Contains(n.UnmatchedKinds[0].Example, `"n"`) {
		t.Errorf("%+v; the server sent %d", n, l.Sent)
	}
	if !strings.Contains(o.Stdout, "received that the scenario does not measure") {
		t.Errorf("the reason does not show an event:\n%s", o.Stdout)
	}
}

// proto3 omits a number that is 0, so messages are numbered from 1, and a message without the
// field is unmatched.
func TestGRPCMessagesWithoutTheMatchedField(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-grpc")
	for _, load := range []string{"rate: 60/s, connections: 3", "model: closed, connections: 3, think: 5ms"} {
		t.Run(load, func(t *testing.T) {
			before := server.Ledger(t)
			r, o := newSession(t, nil).measure(scenario{
				target: reflected("Talk")(server), load: load, phases: "warmup: 0s, steady: 500ms, drain: 5s",
				more: `messages: '{"id":{{.RequestNumber}},"text":"beat"}'
match: {field: id}
expect: {field: ts, matches: '^[1-9]'}
`,
			})
			n, l := r.AllPhases(), server.Ledger(t)
			received := uint64(l.Received - before.Received)
			if n.Recorded != received || n.Unmatched != received || n.Failed+n.Duplicates > 0 || len(n.Unexpected) > 0 {
				t.Errorf("%+v; the server received %d\n%s", n, received, o.Stdout)
			}
		})
	}
}

// The server's first message has the number 0, which proto3 omits; it is still measured.
func TestGRPCPushFromZero(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-grpc")
	r, o := newSession(t, nil).measure(scenario{
		pattern: "push", target: reflected("Watch")(server), load: "connections: 2", phases: "warmup: 0s, steady: 1s, drain: 1s",
		more: "messages: '{\"count\":20}'\nmatch: {field: n}",
	})
	n, l := r.AllPhases(), server.Ledger(t)
	if n.AllReceived < 20 || n.AllReceived > uint64(l.Sent) || n.Unmatched+n.Lost+n.Duplicates+n.Failed > 0 || n.Reopened == 0 { // a busy server sends few
		t.Errorf("%+v; the server sent %d\n%s", n, l.Sent, o.Stdout)
	}
}
