//go:build linux

package acceptance

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rtbench/report/result"
)

// An error about bench's URL starts with the argument as typed and suggests a URL.
func TestBenchURLMessages(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	for typed, want := range map[string]string{
		"127.0.0.1:18080/chat":             `"127.0.0.1:18080/chat" is not a URL; expected one such as wss://host/path, or HOST:PORT of an ` + "`rtbench serve`; did you mean ws://127.0.0.1:18080/chat?",
		"localhost/events":                 "did you mean http://localhost/events?",
		"localhost:50051/chat.v1.Chat/Say": "did you mean grpc://localhost:50051/chat.v1.Chat/Say?",
		"ws:/localhost/chat":               "did you mean ws://localhost/chat?",
		"htps://localhost/x":               `"htps://localhost/x": unknown scheme "htps"; expected ws, wss, http, https, grpc, grpcs, mqtt, mqtts or tcp; did you mean https://localhost/x?`,
	} {
		o := s.rtbench("bench", typed, "-q").wantCode(2)
		if !strings.Contains(o.Stderr, want) || strings.Contains(o.Stderr, "--target") {
			t.Errorf("%s: %s", typed, o.Stderr)
		}
	}
	if o := s.rtbench("bench", "me:hunter2@localhost/chat?key=hunter2", "-q").wantCode(104); strings.Contains(o.Stderr, "hunter2") {
		t.Errorf("a secret is printed: %s", o.Stderr)
	}
	if o := s.rtbench("run", "push", "--target", "127.0.0.1:18080/chat", "-q").wantCode(2); !strings.HasPrefix(o.Stderr, `--target "127.0.0.1:18080/chat": expected`) || strings.Contains(o.Stderr, "127-0") {
		t.Error(o.Stderr)
	}
}

// bench --help gives one default rate.
func TestBenchHelpRate(t *testing.T) {
	t.Parallel()
	help := newSession(t, nil).rtbench("bench", "--help").wantCode(0).Stdout
	if n := strings.Count(help, "(default 200/s"); n != 1 || strings.Contains(help, `default "4k/s"`) || strings.Contains(help, "Without --rate") {
		t.Errorf("defaults of the rate:\n%s", help)
	}
}

// A count of one takes the singular.
func TestSingularUnits(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"one.yaml": "{name: one, protocols: [tcp], pattern: echo, load: {rate: 10/s, connections: 1}, repetitions: 1}\n"})
	s.storeCells("r", map[string]int{"tcp": 1})
	text := s.rtbench("scenario", "validate", "one.yaml").wantCode(0).Stdout + s.rtbench("report", "r").wantCode(0).Stdout
	for _, want := range []string{"1 cell × 1 repetition\n", "1 repetition of 1 cell", "1 connection ·"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	for _, plural := range []string{"1 cells", "1 repetitions", "1 connections", "1 cores", "1 messages"} {
		if strings.Contains(text, " "+plural) {
			t.Errorf("%q is in:\n%s", plural, text)
		}
	}
}

// firstReason returns the first line below the verdict.
func firstReason(text string) string {
	return line(text, 1)
}

// The first reason names a server that died.
func TestDeadServerComesFirst(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	mux := http.NewServeMux()
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		paced(60, 5*time.Millisecond, func() {
			_, _ = fmt.Fprint(w, "data: {}\n\n")
			_ = http.NewResponseController(w).Flush()
		})
		_ = server.Listener.Close()
		go server.CloseClientConnections()
		<-r.Context().Done()
	})
	server = httptest.NewUnstartedServer(mux)
	server.Start()
	t.Cleanup(server.Close)
	s := newSession(t, nil)
	o := s.runScenario(scenario{
		pattern: "push", target: fmt.Sprintf("sse: %q", server.URL+"/events"), load: "connections: 2",
		phases: "connect: 500ms, warmup: 0s, steady: 1s", more: "repetitions: 2",
	})
	if line := firstReason(o.Stdout); !strings.Contains(line, "the server went away") {
		t.Errorf("first is %q in:\n%s", line, o.Stdout)
	}

	// A server started by the run.
	s.storeCells("stored", map[string]int{"tcp": 3})
	r, err := result.Read(filepath.Join(s.Dir, "stored"))
	if err != nil {
		t.Fatal(err)
	}
	reps := r.Cells[0].Repetitions
	reps[0].Validity = result.Validity{Findings: []result.Finding{{Word: result.ServerFailed, Reason: "1 message lost (99 measured)"}}}
	reps[2].Error = "the reference server exited during the run: signal: killed"
	reps[2].Validity = result.Judge(r.Cells[0].Config, reps[2], 2)
	if err := result.Write(filepath.Join(s.Dir, "stored"), r); err != nil {
		t.Fatal(err)
	}
	if line := firstReason(s.rtbench("report", "stored").wantCode(0).Stdout); !strings.Contains(line, "the reference server exited during the run: signal: killed") {
		t.Errorf("first is %q", line)
	}
}

// TLS is suggested if a connection ends during the handshake, but not if it ends later.
func TestTLSIsSuggestedBeforeTheHandshakeOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shake bool
		steps string
	}{
		"before the handshake": {shake: false},
		"after the handshake":  {shake: true},
		"in a step":            {shake: true, steps: "steps: [{subscribe: hello}, load]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := rawHTTP(t, func(nc net.Conn, r *http.Request) {
				if c.shake {
					_, _ = fmt.Fprintf(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", acceptKey(r))
				}
				_ = nc.Close()
			})
			o := newSession(t, nil).runScenario(scenario{
				pattern: "push", target: fmt.Sprintf("websocket: %q", "ws://"+address+"/"), load: "connections: 1",
				phases: "connect: 500ms, warmup: 0s, steady: 200ms", more: c.steps,
			})
			if got := strings.Contains(o.Stderr+o.Stdout, "may expect TLS"); got == c.shake || o.Code == 0 {
				t.Errorf("exit code %d, TLS suggested: %v\n%s", o.Code, got, o.Stderr)
			}
		})
	}
}
