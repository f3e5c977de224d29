//go:build linux

package acceptance

import (
	"slices"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// numberedInMessage matches replies by the field message.id, as in replies of /cable.
const numberedInMessage = `messages: '{"id":{{.RequestNumber}}}'
match: {field: message.id}
`

// Heartbeats are not replies: they are counted separately, with an example, whether or not
// replies are checked, and in a closed loop they do not trigger a send.
func TestHeartbeatsAreUnmatched(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	cable := webSocketTarget(server, "/cable")
	for name, load := range map[string]string{"open": "rate: 40/s, connections: 2", "closed": "model: closed, connections: 2"} {
		for _, expect := range []string{"", "expect: {field: message.text, matches: '^(ok|no)$'}\n"} {
			t.Run(name+" "+expect, func(t *testing.T) {
				before := server.Ledger(t).Routes["/cable"]
				r, o := newSession(t, nil).measure(scenario{
					target: cable, load: load, phases: "warmup: 0s, steady: 1s, drain: 5s", more: numberedInMessage + expect,
				})
				n, l := r.AllPhases(), server.Ledger(t).Routes["/cable"]
				received, sent := uint64(l.Received-before.Received), uint64(l.Sent-before.Sent)
				if n.Recorded == 0 || n.Recorded != received || n.AllSent != received || n.Failed+n.Duplicates+n.Corrupt > 0 || len(n.Unexpected) > 0 {
					t.Errorf("%+v; the server received %d", n, received)
				}
				if n.Unmatched == 0 || n.Unmatched+n.Recorded > sent || name == "closed" && n.Recorded > 110 { // 20 ms each
					t.Errorf("%d unmatched and %d replies; the server sent %d", n.Unmatched, n.Recorded, sent)
				}
				kinds := result.UnmatchedKinds(n)
				if len(kinds) != 2 || !strings.Contains(kinds[0].Example, `"ping"`) || !strings.Contains(kinds[1].Example, `"welcome"`) || kinds[1].Count != 2 {
					t.Errorf("kinds %+v", kinds)
				}
				if !strings.Contains(o.Stdout, `unmatched, such as {"type": "ping"`) {
					t.Errorf("the heartbeats are not shown:\n%s", o.Stdout)
				}
			})
		}
	}
}

// A pushed message without a number is a heartbeat, even if messages carry a stamp too.
func TestHeartbeatsBesideNumberedMessages(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "python-websockets")
	r, _ := newSession(t, nil).measure(scenario{
		pattern: "push", target: webSocketTarget(server, "/feed/cable"), load: "connections: 2", phases: "warmup: 0s, steady: 1s, drain: 2s",
		more: "match: {field: message.seq}\nstamp: {field: message.ts, unit: us}",
	})
	n, l := r.AllPhases(), server.Ledger(t).Routes["/feed/cable"]
	if len(n.Unexpected) > 0 || n.Unmatched < 10 || n.AllReceived < 10 || n.Lost > 0 || n.Unmatched+n.AllReceived > uint64(l.Sent) {
		t.Errorf("%+v; the server sent %d", n, l.Sent)
	}
}

// If messages carry a stamp, those without one are heartbeats: unmatched, with an example, and
// neither lost nor failed. An unreadable stamp fails its message.
func TestHeartbeatsBesideStampedMessages(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	for name, stamp := range map[string]string{"good": "{field: message.ts, unit: us}", "unreadable": "{field: message.ts, unit: rfc3339}"} {
		t.Run(name, func(t *testing.T) {
			before := server.Ledger(t).Routes["/feed/cable"]
			r, o := newSession(t, nil).measure(scenario{
				pattern: "push", target: webSocketTarget(server, "/feed/cable"), load: "connections: 2", phases: "warmup: 200ms, steady: 1s, drain: 1s",
				more: "stamp: " + stamp + "\nthresholds: [lost == 0, errors == 0]",
			})
			n, l := r.AllPhases(), server.Ledger(t).Routes["/feed/cable"]
			wrong := n.Unexpected["no stamp"]
			if n.Lost > 0 || n.Failed != n.ErrorReplies || n.AllReceived < 100 || n.Unmatched+n.AllReceived+n.After > uint64(l.Sent-before.Sent) {
				t.Errorf("%+v; the server sent %d\n%s", n, l.Sent-before.Sent, o.Stdout)
			}
			kinds := result.UnmatchedKinds(n)
			if len(kinds) != 2 || !strings.Contains(kinds[0].Example, `"ping"`) || !strings.Contains(kinds[1].Example, `"welcome"`) || kinds[1].Count != 2 {
				t.Errorf("kinds %+v", kinds)
			}
			good := name == "good"
			if (wrong == 0) != good || (n.Failed == 0) != good || !r.Thresholds[0].Holds || r.Thresholds[1].Holds != good {
				t.Errorf("%+v, %+v", n, r.Thresholds)
			}
		})
	}
}

// Heartbeats do not change the number of messages sent.
func TestHeartbeatsDoNotChangeTheLoad(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	r, _ := newSession(t, nil).measure(scenario{
		target: webSocketTarget(server, "/cable"), load: "rate: 80/s, connections: 2", phases: "warmup: 0s, steady: 1s, drain: 500ms",
		more: "messages: '{\"id\":{{.RequestNumber}}}'\nmatch: none",
	})
	if r.Series.ArrivalLimit > 0 || r.Counters.Sent != 80 || r.Counters.Recorded < 80 {
		t.Errorf("%+v, %+v", r.Series, r.Counters)
	}
}

// In a closed loop that matches by order, each heartbeat counts as a reply and triggers another
// message. Surplus replies reveal this and make times and throughput unusable.
func TestHeartbeatsInAClosedLoopByOrder(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	for path, beats := range map[string]bool{"/cable": true, "/echo": false} {
		t.Run(path, func(t *testing.T) {
			before := server.Ledger(t).Routes[path]
			r, o := newSession(t, nil).measure(scenario{
				target: webSocketTarget(server, path), load: "model: closed, connections: 2, think: 1ms",
				phases: "warmup: 200ms, steady: 500ms, drain: 5s", more: "messages: '{\"id\":{{.RequestNumber}}}'\nmatch: order",
			})
			n, l := r.AllPhases(), server.Ledger(t).Routes[path]
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
