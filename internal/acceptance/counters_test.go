//go:build linux

package acceptance

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// Messages lost in the warm-up are counted there, and `lost == 0` is about the steady phase.
func TestLossInTheWarmup(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	address := lineServer(t, func(n int, line string) string {
		if n < 20 {
			return ""
		}
		return line
	})
	r, _ := newSession(t, nil).measure(scenario{
		target: tcpTarget(address), load: "rate: 200/s, connections: 2", phases: "warmup: 500ms, steady: 500ms, drain: 5s",
		more: numbered + "thresholds: [lost == 0, errors == 0, failed_rate == 0]",
	})
	for _, th := range r.Thresholds {
		if !th.Holds {
			t.Errorf("%s failed", th.Text)
		}
	}
	n, warmup := r.Counters, r.OtherPhases.Warmup
	if n.Planned != 100 || n.Due != 100 || n.Sent != 100 || n.Recorded != 100 || n.Lost+n.NotSent+n.Failed != 0 {
		t.Errorf("steady phase: %+v", n)
	}
	if warmup == nil || warmup.Sent != 100 || warmup.Recorded != 60 || warmup.Lost != 40 || warmup.Failed != 40 {
		t.Errorf("warm-up: %+v", warmup)
	}
}

// An error reply fails its message, and errors counts it.
func TestErrorReplies(t *testing.T) {
	t.Parallel()
	unary := chatTarget(thirdparty.Start(t, "grpcio"), "Ask")
	rpc := webSocketTarget(thirdparty.Start(t, "python-websockets"), "/jsonrpc")
	const (
		match  = "match: {field: id}\nthresholds: [errors == 0, failed_rate < 0.01, lost == 0]\n"
		expect = match + "expect: {field: result}\n"
	)
	for name, c := range map[string]struct {
		target, more string
		failed       uint64
		class        string
	}{
		"unary, a third": {unary, match + `messages: ['{"id":{{.RequestNumber}}}', '{"id":{{.RequestNumber}}}', '{"id":{{.RequestNumber}},"text":"fail"}']`, 20, "gRPC Unavailable"},
		"unary, all":     {unary, match + `messages: '{"id":{{.RequestNumber}},"text":"fail"}'`, 60, "gRPC Unavailable"},
		"expect, half":   {rpc, expect + `messages: ['{"id":{{.RequestNumber}},"method":"sum","params":[1]}', '{"id":{{.RequestNumber}},"method":"no"}']`, 30, "not as expected"},
		"expect, all":    {rpc, expect + `messages: '{"id":{{.RequestNumber}},"method":"no"}'`, 60, "not as expected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, o := newSession(t, nil).measure(scenario{
				target: c.target, load: "rate: 100/s", phases: "warmup: 200ms, steady: 600ms, drain: 10s", more: c.more,
			})
			o.wantCode(99)
			n, warmup := r.Counters, r.OtherPhases.Warmup
			wantBalance(t, n)
			if n.Planned != 60 || n.Sent != 60 || n.Failed != c.failed || n.ErrorReplies != c.failed || n.Unexpected[c.class] != c.failed {
				t.Errorf("%+v, want %d failed", n, c.failed)
			}
			if warmup == nil || warmup.Recorded+warmup.ErrorReplies != 20 || 3*warmup.ErrorReplies < c.failed-3 {
				t.Errorf("warm-up: %+v", warmup)
			}
			line := fmt.Sprintf("%d × %s", c.failed, c.class)
			if strings.HasPrefix(c.class, "gRPC") {
				line += " (answered by an error)"
			}
			if !strings.Contains(o.Stdout, line+" —") || strings.Contains(o.Stdout, c.class+" (not as expected)") {
				t.Errorf("the output has no %q:\n%s", line, o.Stdout)
			}
			o.wantThreshold("errors == 0", false, fmt.Sprintf("errors = %d", c.failed))
			o.wantThreshold("failed_rate < 0.01", false, "failed_rate = ")
			o.wantThreshold("lost == 0", true, "lost = 0")
			if !strings.Contains(o.Stdout, "3 thresholds: 1 holds, 2 do not") || !strings.Contains(o.Stdout, fmt.Sprintf("%d of 60 messages failed", c.failed)) {
				t.Errorf("the failures are not printed:\n%s", o.Stdout)
			}
		})
	}
}

// Even without thresholds, a run in which every message failed is not a success.
func TestAllFailedWithoutAThreshold(t *testing.T) {
	t.Parallel()
	r, o := newSession(t, nil).measure(scenario{
		target: chatTarget(thirdparty.Start(t, "grpcio"), "Ask"), load: "model: closed, think: 5ms", phases: "warmup: 0s, steady: 300ms, drain: 1s",
		more: "match: {field: id}\nmessages: '{\"id\":{{.RequestNumber}},\"text\":\"fail\"}'",
	})
	o.wantCode(113)
	if n := r.Counters; n.Failed != n.Due || n.Due == 0 {
		t.Errorf("%+v", n)
	}
}

// Messages due while no stream exists are neither sent nor lost.
func TestMessagesNeverSent(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for name, c := range map[string]struct {
		server string
		target func(*thirdparty.Server) string
		more   string
	}{
		"websocket":        {"python-websockets", onWebSocket("/echo"), ""},
		"Node's WebSocket": {"node-ws", onWebSocket("/echo"), ""},
		"gRPC unary":       {"grpcio", onChat("Ask"), ""},
		"gRPC bidi":        {"node-grpc", onChat("Talk"), ""},
		"SSE and POST":     {"fastapi", sessionTarget, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := thirdparty.Start(t, c.server)
			s := newSession(t, nil)
			s.write("s.yaml", scenario{
				target: c.target(server), load: "rate: 200/s", phases: "warmup: 100ms, steady: 2s, drain: 1s", more: numbered + c.more,
			}.text())
			ended := s.start(s.command("run", "s.yaml", "--quiet", "--out", "r"))
			poll := time.NewTicker(5 * time.Millisecond)
			defer poll.Stop()
			for server.Peek(t).Received < 50 { // until it is well within the steady phase
				select {
				case o := <-ended:
					t.Fatalf("the run ended before 50 messages were received\n%s%s", o.Stdout, o.Stderr)
				case <-poll.C:
				}
			}
			if err := syscall.Kill(server.PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			o := <-ended
			n := o.only().Counters
			wantBalance(t, n)
			if n.Planned != 400 || n.Planned != n.Sent+n.NotSent || n.NotSent < 100 || n.Lost > 100 {
				t.Errorf("%+v, want planned = sent + not sent", n)
			}
			if name == "gRPC unary" { // unary calls are not streams
				reasons := o.only().Validity.Reasons()
				if all := strings.Join(reasons, "\n"); !strings.HasPrefix(all, "the server went away") || !strings.Contains(all, fmt.Sprintf("\n%s not sent for lack of a connection, %.1f %%", result.Plural(n.NotSent, "message"), 100*float64(n.NotSent)/400)) {
					t.Errorf("the reasons are\n%s", all)
				}
			}
		})
	}
}
