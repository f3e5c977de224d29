//go:build linux

package acceptance

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// A closed loop whose streams all wait for a missing reply says so, and counts each message
// once: as answered, or as lost in the phase in which it was due.
func TestClosedLoopWithoutReplies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer reply
		reason string
	}{
		"every 10th dropped": {func(n int, line string) string {
			if n%10 == 9 {
				return ""
			}
			return line
		}, "4 streams of the closed loop waited for a reply that never came (timeout 10 s); 36 of 40 messages answered, none of those due in the steady phase"},
		"every 10th with a wrong id": {func(n int, line string) string {
			if n%10 == 9 {
				return `{"id":999999}`
			}
			return line
		}, "4 streams of the closed loop waited for a reply that never came (timeout 10 s); 36 of 40 messages answered, none of those due in the steady phase; 4 messages received that answer no request (match: field id), 4 like {\"id\":999999}"},
		"no reply": {func(int, string) string { return "" }, "4 streams of the closed loop waited for a reply that never came (timeout 10 s)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, o := newSession(t, nil).measure(scenario{
				target: tcpTarget(lineServer(t, c.answer)), load: "model: closed, connections: 4",
				phases: "warmup: 1s, steady: 300ms, drain: 200ms", more: numbered,
			})
			want := "no message was measured; " + c.reason
			if reasons := r.Validity.Reasons(); len(reasons) == 0 || reasons[0] != want {
				t.Errorf("reasons %q, want %q", reasons, want)
			}
			if !strings.Contains(o.Stdout, c.reason[:60]) {
				t.Errorf("the reason is not printed:\n%s", o.Stdout)
			}
			n := r.AllPhases()
			if n.Lost != 4 || n.Due != n.Recorded+n.Lost || r.Counters.Due != 0 {
				t.Errorf("whole %+v, steady %+v", n, r.Counters)
			}
		})
	}
}

// The counts match the ledgers of third-party servers over each protocol.
func TestClosedLoopWithoutRepliesOverOtherProtocols(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for name, c := range map[string]struct {
		server string
		target func(*thirdparty.Server) string
	}{
		"WebSocket":        {"python-websockets", onWebSocket("/later")},
		"SSE and POST":     {"fastapi", sessionTarget},
		"lines over TCP":   {"node-tcp", onLines},
		"WebSocket, wrong": {"python-websockets", onWebSocket("/jsonrpc")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := thirdparty.Start(t, c.server)
			held := `{"id":{{.RequestNumber}},"after":60000}`
			if strings.Contains(name, "wrong") {
				held = `{"id":"x{{.RequestNumber}}","method":"sum","params":[1]}` // the reply's id differs from the number
			}
			r, _ := newSession(t, nil).measure(scenario{
				target: c.target(server), load: "model: closed, connections: 1", phases: "warmup: 1s, steady: 300ms, drain: 200ms",
				more: `messages: ['{"id":{{.RequestNumber}},"method":"sum","params":[1]}', '{"id":{{.RequestNumber}},"method":"sum","params":[2]}', '` + held + `']
match: {field: id}
`,
			})
			l, n := server.Peek(t), r.AllPhases()
			t.Logf("sent %d, received %d, unmatched %d; the server received %d and sent %d", n.AllSent, n.AllReceived, n.Unmatched, l.Received, l.Sent)
			want := "no message was measured; 1 stream of the closed loop waited for a reply that never came (timeout 10 s); 2 of 3 messages answered, none of those due in the steady phase"
			if reasons := r.Validity.Reasons(); len(reasons) == 0 || !strings.HasPrefix(reasons[0], want) {
				t.Errorf("reasons %q, want %q", reasons, want)
			}
			if n.Lost != 1 || n.AllReceived != 2 || n.AllSent != uint64(l.Received) || n.AllReceived+n.Unmatched != uint64(l.Sent) {
				t.Errorf("%+v; the server received %d", n, l.Received)
			}
		})
	}
}

// A closed loop's message that is outstanding at the end of the drain is lost in the steady
// phase, in which it was due.
func TestClosedLoopOutstandingAtTheEnd(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	var received atomic.Uint64
	address := lineServer(t, func(n int, line string) string {
		received.Add(1)
		if n < 100 { // with 5 ms of think time each, well within the steady phase
			return line
		}
		return ""
	})
	r, _ := newSession(t, nil).measure(scenario{
		target: tcpTarget(address), load: "model: closed, connections: 2, think: 5ms", phases: "warmup: 100ms, steady: 3s, drain: 200ms",
		more: numbered,
	})
	wantBalance(t, r.Counters)
	if n := r.Counters; n.Lost != 2 || r.AllPhases().Recorded != 200 || received.Load() != 202 {
		t.Errorf("%+v; the server received %d", n, received.Load())
	}
}

// An open loop whose later messages are not answered does not claim that nothing was received.
func TestServerAnswersOnlyTheFirstMessages(t *testing.T) {
	t.Parallel()
	address := lineServer(t, func(n int, line string) string {
		if n < 8 {
			return line
		}
		return ""
	})
	r, _ := newSession(t, nil).measure(scenario{
		target: tcpTarget(address), load: "rate: 100/s", phases: "warmup: 500ms, steady: 500ms, drain: 100ms", more: numbered,
	})
	want := "no message was measured; 8 of 100 messages answered, none of those due in the steady phase"
	if reasons := r.Validity.Reasons(); len(reasons) == 0 || reasons[0] != want {
		t.Errorf("reasons %q, want %q", reasons, want)
	}
}

// Reasons that count streams match the counts of the result over all phases.
func TestReasonsCountAsTheResult(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	address := lineServer(t, func(n int, line string) string {
		if n == 0 && connections.Add(1)%2 == 0 || n == 3 { // without a reply, or after some
			return hangUp
		}
		return line
	})
	r, o := newSession(t, nil).measure(scenario{
		target: tcpTarget(address), load: "rate: 100/s, connections: 2", phases: "warmup: 500ms, steady: 500ms, drain: 500ms",
		more: numbered,
	})
	whole := r.AllPhases()
	if whole.Reopened == 0 {
		t.Fatalf("no stream was reopened: %+v", whole)
	}
	reasons := strings.Join(r.Validity.Reasons(), "\n")
	for _, c := range []struct {
		label string
		count func(result.Counters) uint64
	}{
		{"streams were reopened", func(n result.Counters) uint64 { return n.Reopened }},
		{"streams broke", func(n result.Counters) uint64 { // each with a reply outstanding
			return n.Errors["connection closed by the server"]
		}},
	} {
		want := c.label + " " + result.Plural(c.count(whole), "time")
		if w := r.OtherPhases.Warmup; w != nil && c.count(*w) > 0 {
			want += fmt.Sprintf(", %d in the warm-up", c.count(*w))
		}
		if !strings.Contains(reasons, want) {
			t.Errorf("reasons:\n%s\nwant %q\n%s", reasons, want, o.Stdout)
		}
	}
}
