//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"rtbench/loadgen/foreign"
	"rtbench/report/result"
)

// A reply function returns what a line server answers to line n of a connection, counted from
// 0; an empty answer is none.
type reply func(n int, line string) string

// hangUp is a reply that ends the connection.
const hangUp = "\x00"

// lineServer starts a server of lines and returns its host and port. It ends with the test.
func lineServer(t *testing.T, answer reply) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewScanner(c)
				for n := 0; in.Scan(); n++ {
					text := answer(n, in.Text())
					if text == hangUp {
						return
					}
					if text != "" {
						if _, err := fmt.Fprintln(c, text); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// Messages lost in the warm-up are counted there, and `lost == 0` is about the steady phase.
func TestLossInTheWarmup(t *testing.T) {
	t.Parallel()
	address := lineServer(t, func(n int, line string) string {
		if n < 20 {
			return ""
		}
		return line
	})
	s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {tcp: "tcp://` + address + `"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 200/s, connections: 2}
phases: {warmup: 500ms, steady: 500ms, drain: 5s}
thresholds: [lost == 0, errors == 0, failed_rate == 0]
`})
	o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r")
	r := o.result("r").Cells[0].Repetitions[0]
	for _, th := range r.Thresholds {
		if !th.Holds {
			t.Errorf("%s does not hold", th.Text)
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

// only returns the one repetition of the result in r.
func (o outcome) only() *result.Repetition {
	o.t.Helper()
	return o.result("r").Cells[0].Repetitions[0]
}

// wantBalance fails the test unless every message that was due is accounted for once.
func wantBalance(t *testing.T, n result.Counters) {
	t.Helper()
	if n.Due == 0 || n.Due != n.Recorded+n.Failed || n.Failed != n.NotSent+n.Lost+n.ErrorReplies {
		t.Errorf("the counts do not add up: %+v", n)
	}
}

// wantOutcome fails the test unless the threshold has that outcome and the output shows it with
// what was observed.
func wantOutcome(t *testing.T, o outcome, text string, holds bool, observed string) {
	t.Helper()
	for _, got := range o.only().Thresholds {
		if got.Text == text && got.Holds != holds {
			t.Errorf("%s holds: %v, want %v; %+v", text, got.Holds, holds, got)
		}
	}
	mark := map[bool]string{true: "✓ ", false: "✗ "}[holds]
	for line := range strings.Lines(o.Stdout) {
		if strings.Contains(line, mark+text+": ") && strings.Contains(line, observed) {
			return
		}
	}
	t.Errorf("no line has %q and %q:\n%s", mark+text, observed, o.Stdout)
}

// A message that is answered by an error has failed, and errors has it.
func TestAnswersThatAreErrors(t *testing.T) {
	t.Parallel()
	const load = `load: {rate: 100/s}
phases: {warmup: 200ms, steady: 600ms, drain: 10s}
thresholds: [errors == 0, failed_rate < 0.01, lost == 0]
`
	grpcio, node := foreign.Start(t, "grpcio"), foreign.Start(t, "python-websockets")
	unary := `contract: own
target: {grpc: {url: "` + grpcio.URL("grpc", "/chat.v1.Chat/Ask") + `", proto: chat/v1/chat.proto, import: ` + grpcio.Proto + `}}
pattern: echo
match: {field: id}
`
	rpc := `contract: own
target: {websocket: "` + node.URL("ws", "/jsonrpc") + `"}
pattern: echo
match: {field: id}
expect: {field: result}
`
	for name, c := range map[string]struct {
		text   string
		failed uint64
		class  string
	}{
		"unary, a third": {unary + `messages: ['{"id":{{.RequestNumber}}}', '{"id":{{.RequestNumber}}}', '{"id":{{.RequestNumber}},"text":"fail"}']` + "\n", 20, "gRPC Unavailable"},
		"unary, all":     {unary + `messages: '{"id":{{.RequestNumber}},"text":"fail"}'` + "\n", 60, "gRPC Unavailable"},
		"expect, half":   {rpc + `messages: ['{"id":{{.RequestNumber}},"method":"sum","params":[1]}', '{"id":{{.RequestNumber}},"method":"no"}']` + "\n", 30, "not as expected"},
		"expect, all":    {rpc + `messages: '{"id":{{.RequestNumber}},"method":"no"}'` + "\n", 60, "not as expected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, map[string]string{"s.yaml": "name: s\n" + c.text + load})
			o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").wantCode(99)
			n := o.only().Counters
			wantBalance(t, n)
			if n.Planned != 60 || n.Sent != 60 || n.Failed != c.failed || n.ErrorReplies != c.failed || n.Unexpected[c.class] != c.failed {
				t.Errorf("%+v, want %d failed", n, c.failed)
			}
			warmup := o.only().OtherPhases.Warmup
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
			wantOutcome(t, o, "errors == 0", false, fmt.Sprintf("errors = %d", c.failed))
			wantOutcome(t, o, "failed_rate < 0.01", false, "failed_rate = ")
			wantOutcome(t, o, "lost == 0", true, "lost = 0")
			if !strings.Contains(o.Stdout, "3 thresholds: 1 holds, 2 do not") || !strings.Contains(o.Stdout, fmt.Sprintf("%d of 60 messages failed", c.failed)) {
				t.Errorf("the failures are not printed:\n%s", o.Stdout)
			}
		})
	}
}

// Without any threshold, a run in which every message failed is not good either.
func TestAllFailedWithoutAThreshold(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "grpcio")
	s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {grpc: {url: "` + server.URL("grpc", "/chat.v1.Chat/Ask") + `", proto: chat/v1/chat.proto, import: ` + server.Proto + `}}
pattern: echo
messages: '{"id":{{.RequestNumber}},"text":"fail"}'
match: {field: id}
load: {model: closed, think: 5ms}
phases: {warmup: 0s, steady: 300ms, drain: 1s}
`})
	o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").wantCode(113)
	if n := o.only().Counters; n.Failed != n.Due || n.Due == 0 {
		t.Errorf("%+v", n)
	}
}

// Messages that fall due while no stream exists are not sent, and not lost.
func TestMessagesThatNeverLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ server, target, more string }{
		"websocket":            {"python-websockets", "websocket: SERVERws:/echo", ""},
		"websocket, reconnect": {"node-ws", "websocket: SERVERws:/echo", "reconnect: true\n"},
		"gRPC unary":           {"grpcio", "grpc: {url: SERVERgrpc:/chat.v1.Chat/Ask, proto: chat/v1/chat.proto, import: PROTO}", "reconnect: true\n"},
		"gRPC bidi":            {"node-grpc", "grpc: {url: SERVERgrpc:/chat.v1.Chat/Talk, proto: chat/v1/chat.proto, import: PROTO}", ""},
		"SSE and POST":         {"fastapi", "sse: {url: 'SERVERhttp:/events?session=a', post: 'SERVERhttp:/messages?session=a'}", "reconnect: true\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := foreign.Start(t, c.server)
			target := c.target
			for _, scheme := range []string{"ws", "grpc", "http"} {
				target = strings.ReplaceAll(target, "SERVER"+scheme+":", server.URL(scheme, ""))
			}
			s := newSession(t, map[string]string{"s.yaml": "name: s\ncontract: own\ntarget: {" + strings.ReplaceAll(target, "PROTO", server.Proto) + `}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 200/s}
phases: {warmup: 100ms, steady: 2s, drain: 1s}
` + c.more})
			run := s.command("run", "s.yaml", "--quiet", "--out", "r")
			var stderr strings.Builder
			run.Stderr = &stderr
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			for range 1000 { // until it is well within the steady phase
				if server.Peek(t).Received >= 100 {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
			if err := syscall.Kill(server.PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = run.Wait()
			o := outcome{t: t, Dir: s.Dir, Stderr: stderr.String()}
			n := o.only().Counters
			wantBalance(t, n)
			if n.Planned != 400 || n.Planned != n.Sent+n.NotSent || n.NotSent < 100 || n.Lost > 100 {
				t.Errorf("%+v, want planned = sent + not sent", n)
			}
			if name == "gRPC unary" { // whose calls are no streams
				reasons := o.only().Validity.Reasons
				if all := strings.Join(reasons, "\n"); !strings.HasPrefix(all, "the server went away") || !strings.Contains(all, fmt.Sprintf("\n%s not sent for lack of a connection, %.1f %%", result.Plural(n.NotSent, "message"), 100*float64(n.NotSent)/400)) {
					t.Errorf("the reasons are\n%s", all)
				}
			}
		})
	}
}

// A server that gives a publisher's messages to all others loses none of them.
func TestFanoutThatExcludesTheSender(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "node-ws")
	for path, receivers := range map[string]uint64{"/others": 3, "/room": 4} {
		s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {websocket: "` + server.URL("ws", path) + `"}
pattern: fanout
load: {rate: 100/s, connections: 4}
phases: {warmup: 100ms, steady: 500ms, drain: 10s}
thresholds: [lost == 0, errors == 0]
`})
		o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r")
		n := o.only().Counters
		wantBalance(t, n)
		if n.Published != 50 || n.Sent != 50*receivers || n.Planned != 50*receivers || n.Recorded != 50*receivers || n.Failed != 0 || n.SenderExcluded != (receivers == 3) {
			t.Errorf("%s: %+v", path, n)
		}
		wantOutcome(t, o, "lost == 0", true, "lost = 0")
		if strings.Contains(o.Stdout, "not back to it") != (receivers == 3) {
			t.Errorf("%s: the rule is not told, or wrongly:\n%s", path, o.Stdout)
		}
	}
}
