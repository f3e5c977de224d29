//go:build linux

package acceptance

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
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

// A message about the URL of bench begins with what was typed, and guesses a URL.
func TestBenchURLMessages(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	for typed, want := range map[string]string{
		"127.0.0.1:18080/chat":             `"127.0.0.1:18080/chat" is no URL; expected one such as wss://host/path, or HOST:PORT of an ` + "`rtbench serve`; did you mean ws://127.0.0.1:18080/chat?",
		"localhost/events":                 "did you mean http://localhost/events?",
		"localhost:50051/chat.v1.Chat/Say": "did you mean grpc://localhost:50051/chat.v1.Chat/Say?",
		"ws:/localhost/chat":               "did you mean ws://localhost/chat?",
		"htps://localhost/x":               `"htps://localhost/x": unknown scheme "htps"; expected ws, wss, http, https, grpc, grpcs or tcp; did you mean https://localhost/x?`,
	} {
		o := s.rtbench("bench", typed, "-q").wantCode(2)
		if !strings.Contains(o.Stderr, want) || strings.Contains(o.Stderr, "--target") {
			t.Errorf("%s: %s", typed, o.Stderr)
		}
	}
	if o := s.rtbench("bench", "me:hunter2@localhost/chat?key=hunter2", "-q").wantCode(104); strings.Contains(o.Stderr, "hunter2") {
		t.Errorf("a secret is shown: %s", o.Stderr)
	}
	if o := s.rtbench("run", "push", "--target", "127.0.0.1:18080/chat", "-q").wantCode(2); !strings.HasPrefix(o.Stderr, `--target "127.0.0.1:18080/chat": expected`) || strings.Contains(o.Stderr, "127-0") {
		t.Error(o.Stderr)
	}
}

// bench --help gives one default of the rate.
func TestBenchHelpRate(t *testing.T) {
	t.Parallel()
	help := newSession(t, nil).rtbench("bench", "--help").wantCode(0).Stdout
	if n := strings.Count(help, "(default 200/s"); n != 1 || strings.Contains(help, `default "4k/s"`) || strings.Contains(help, "Without --rate") {
		t.Errorf("defaults of the rate:\n%s", help)
	}
}

// One thing is not in the plural.
func TestSingular(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"one.yaml": "{name: one, protocols: [tcp], pattern: echo, load: {rate: 10/s, connections: 1}, repetitions: 1}\n"})
	s.storeCells("r", map[string]int{"tcp": 1})
	text := s.rtbench("scenario", "validate", "one.yaml").wantCode(0).Stdout + s.rtbench("report", "r").wantCode(0).Stdout
	for _, want := range []string{"1 cell × 1 repetition\n", "of 1 repetition valid", "1 connection ·"} {
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

// firstReason is the first line below the verdict.
func firstReason(text string) string {
	lines := strings.SplitN(text, "\n", 3)
	if len(lines) < 2 {
		return text
	}
	return lines[1]
}

// A server that dies is the first thing that is said.
func TestDeadServerComesFirst(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	mux := http.NewServeMux()
	mux.HandleFunc("/events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for range 60 {
			_, _ = fmt.Fprint(w, "data: {}\n\n")
			_ = http.NewResponseController(w).Flush()
			<-tick.C
		}
		_ = server.Listener.Close()
		go server.CloseClientConnections()
		<-tick.C
	})
	server = httptest.NewUnstartedServer(mux)
	server.Start()
	t.Cleanup(server.Close)
	s := newSession(t, nil)
	o := s.rtbench("bench", server.URL+"/events", "-c", "2", "-d", "1s", "--repetitions", "2", "-q")
	if line := firstReason(o.Stdout); !strings.Contains(line, "the server went away") {
		t.Errorf("first is %q in:\n%s", line, o.Stdout)
	}

	// A server that was started for the run.
	s.storeCells("r", map[string]int{"tcp": 3})
	r, err := result.Read(filepath.Join(s.Dir, "r"))
	if err != nil {
		t.Fatal(err)
	}
	reps := r.Cells[0].Repetitions
	reps[0].Validity = result.Validity{Verdict: result.Suspect, Reasons: []string{"1 message lost (99 measured)"}}
	reps[2].Error = "the reference server ended in the middle: signal: killed"
	reps[2].Validity = result.Judge(r.Cells[0].Config, reps[2], 2)
	if err := result.Write(filepath.Join(s.Dir, "r"), r); err != nil {
		t.Fatal(err)
	}
	if line := firstReason(s.rtbench("report", "r").wantCode(0).Stdout); !strings.Contains(line, "the reference server ended in the middle: signal: killed") {
		t.Errorf("first is %q", line)
	}
}

// TLS is suggested for a connection that ends in the handshake, and not for one that ends
// after it.
func TestTLSIsSuggestedBeforeTheHandshakeOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shake bool
		flags []string
	}{
		"before the handshake": {shake: false},
		"after the handshake":  {shake: true},
		"in a step":            {shake: true, flags: []string{"--subscribe", "hello"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			go closeEach(l, c.shake)
			s := newSession(t, nil)
			o := s.rtbench(append([]string{"bench", "ws://" + l.Addr().String() + "/", "-c", "1", "-d", "200ms", "--repetitions", "1", "-q"}, c.flags...)...)
			if got := strings.Contains(o.Stderr+o.Stdout, "may speak TLS"); got == c.shake || o.Code == 0 {
				t.Errorf("exit code %d, TLS suggested: %v\n%s", o.Code, got, o.Stderr)
			}
		})
	}
}

// closeEach closes each connection once it has asked for a WebSocket, and has got it if shake.
func closeEach(l net.Listener, shake bool) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err == nil && shake {
			sum := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			_, _ = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
		}
		_ = c.Close()
	}
}
