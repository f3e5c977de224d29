//go:build linux

package acceptance

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/loadgen/foreign"
	"rtbench/report/result"
)

// mostReopenings is how often a stream that lives for no time is reopened in a second, at
// most: each 50 ms, and once more for the one under way.
func mostReopenings(d time.Duration) uint64 { return uint64(d/(50*time.Millisecond)) + 1 }

// listen runs a push scenario for a second and returns its counts. The target is what
// follows "target: {".
func listen(t *testing.T, target string, more ...string) (result.Counters, outcome) {
	t.Helper()
	s := newSession(t, map[string]string{"push.yaml": `name: push
contract: own
target: {` + target + `
pattern: push
load: {connections: 2}
phases: {warmup: 0s, steady: 1s, drain: 0s}
`})
	args := append([]string{"run", "push.yaml", "--quiet", "--out", "r"}, more...)
	o := s.rtbench(args...)
	return o.result("r").Cells[0].Repetitions[0].Whole(), o
}

// A server that ends each stream in order after one message is not flooded: a stream is
// reopened 20 times a second at most, and the result has the number of reopenings.
func TestReopeningHasAFloor(t *testing.T) {
	t.Parallel()
	for name, scheme := range map[string][4]string{
		"server-sent events": {"fastapi", "sse", "http", "/answers"},
		"WebSocket":          {"python-websockets", "websocket", "ws", "/answer"},
		"gRPC":               {"grpcio", "grpc", "grpc", "/chat.v1.Chat/Watch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := foreign.Start(t, scheme[0])
			target := fmt.Sprintf(`%s: %q`, scheme[1], server.URL(scheme[2], scheme[3])) + "}"
			if scheme[1] == "grpc" {
				target = fmt.Sprintf("grpc: {url: %q, proto: [%q], import: [%q]}}\nmessages: {json: {count: 1}}", server.URL("grpc", scheme[3]), server.Proto+"/chat/v1/chat.proto", server.Proto)
			}
			n, o := listen(t, target)
			opened := uint64(server.Ledger(t).Connections)
			if n.Reopened == 0 || n.Reopened > 2*mostReopenings(1500*time.Millisecond) {
				t.Errorf("%d streams were reopened, want 1 to %d\n%s", n.Reopened, 2*mostReopenings(1500*time.Millisecond), o.Stdout+o.Stderr)
			}
			for _, reason := range o.result("r").Cells[0].Repetitions[0].Validity.Reasons {
				if strings.Contains(reason, "reopened") || strings.Contains(reason, "the server closed") {
					t.Errorf("that it ends each stream is how the server works: %s", reason)
				}
			}
			if opened < n.Reopened || opened > n.Reopened+4 { // two, and two under way at the end
				t.Errorf("the server has opened %d streams, and %d of 2 were reopened", opened, n.Reopened)
			}
		})
	}
}

// The same of lines over TCP, and of events over HTTP/2, from servers that end a stream as
// soon as it has begun.
func TestReopeningHasAFloorOverTCP(t *testing.T) {
	t.Parallel()
	var accepted atomic.Uint64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			_, _ = io.WriteString(nc, "one line\n")
			_ = nc.Close()
		}
	}()
	n, o := listen(t, `tcp: "tcp://`+l.Addr().String()+`"}`)
	if n.Reopened == 0 || accepted.Load() > 2*mostReopenings(1500*time.Millisecond)+2 {
		t.Errorf("%d connections, %d reopened\n%s", accepted.Load(), n.Reopened, o.Stdout+o.Stderr)
	}
}

func TestReopeningHasAFloorOverHTTP2(t *testing.T) {
	t.Parallel()
	var asked atomic.Uint64
	url := serveHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: x\n\n")
	})
	n, o := listen(t, `sse-h2: "`+url+`"}`)
	if n.Reopened == 0 || asked.Load() > 2*mostReopenings(1500*time.Millisecond)+2 {
		t.Errorf("%d requests, %d reopened\n%s", asked.Load(), n.Reopened, o.Stdout+o.Stderr)
	}
}

// serveHTTP2 serves HTTP/2 in cleartext, and HTTP/1.1, with net/http.
func serveHTTP2(t *testing.T, h http.HandlerFunc) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	protocols.SetHTTP1(true)
	s := &http.Server{Handler: h, Protocols: &protocols, ReadHeaderTimeout: time.Second}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return "http://" + l.Addr().String() + "/"
}

// An event stream's retry field is obeyed: of 300 ms it leaves three reopenings in a second.
func TestReopeningWaitsForRetry(t *testing.T) {
	t.Parallel()
	var asked atomic.Uint64
	url := serveHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "retry: 300\ndata: x\n\n")
	})
	n, _ := listen(t, `sse-h2: "`+url+`"}`)
	if n.Reopened == 0 || asked.Load() > 2*6 {
		t.Errorf("%d requests of 2 streams, %d reopened", asked.Load(), n.Reopened)
	}
}

// Many streams that live for no time are reopened a thousand times a second in all, however
// many there are.
func TestReopeningIsBoundedInAll(t *testing.T) {
	t.Parallel()
	var asked atomic.Uint64
	url := serveHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: x\n\n")
	})
	began := time.Now()
	n, o := listen(t, `sse-h2: "`+url+`"}`, "--set", "load.connections=500")
	// The streams wait for each other before the first of them is listened to, and may be long
	// enough by then to be reopened once without a turn.
	if most := 2*500 + uint64(time.Since(began)/time.Millisecond); n.Reopened == 0 || asked.Load() > most {
		t.Errorf("%d requests of 500 streams, want %d at most\n%s", asked.Load(), most, o.Stdout+o.Stderr)
	}
}

// HTTP 204 tells an event stream's client to stop, and an answer that is no event stream is
// none to ask for again: neither is retried.
func TestAnswersThatEndReconnecting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, refused, class string
		closed               bool
	}{
		"204":              {"/answers?last=3", "204", "HTTP status 204", true},
		"wrong type":       {"/page", "200", "wrong content type", false},
		"204 from nginx":   {"/answers?last=3", "204", "HTTP status 204", true},
		"none from nginx":  {"/page", "200", "wrong content type", false},
		"204 at the start": {"/answers?last=1", "204", "HTTP status 204", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var server *foreign.Server
			target := ""
			if strings.HasSuffix(name, "nginx") {
				server = foreign.Start(t, "nginx")
				target = fmt.Sprintf("sse-h2: %q, tls: {ca: %q}}", server.URL("http", c.path), server.Files.CA)
			} else {
				server = foreign.Start(t, "fastapi")
				target = fmt.Sprintf("sse: %q}", server.URL("http", c.path))
			}
			n, o := listen(t, target)
			refused := server.Ledger(t).Refused[c.refused]
			if refused != 2 {
				t.Errorf("the server has refused %d requests, want 2, one of each stream\n%s", refused, o.Stdout+o.Stderr)
			}
			if got := n.Closed[c.class] + n.Refused[c.class]; got != 2 || c.closed && n.Closed[c.class] == 0 {
				t.Errorf("counted %+v", n)
			}
		})
	}
}

// A server that refuses for now and says for how long (Retry-After) is asked once more when
// that time is over, and not before.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"sse", "sse-h2", "websocket"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			var asked, early atomic.Uint64
			var refusedAt atomic.Int64
			refuse := func(w http.ResponseWriter, _ *http.Request) {
				if at := refusedAt.Load(); at != 0 && time.Since(time.Unix(0, at)) < time.Second {
					early.Add(1)
				}
				asked.Add(1)
				w.Header().Set("Retry-After", "1")
				http.Error(w, "busy", http.StatusServiceUnavailable)
				refusedAt.Store(time.Now().UnixNano())
			}
			url := serveHTTP2(t, refuse)
			if protocol == "websocket" {
				url = strings.Replace(url, "http", "ws", 1)
			}
			_, o := listen(t, protocol+`: "`+url+`"}`, "--set", "load.connections=1", "--set", "phases.connect=1500ms")
			if asked.Load() != 2 || early.Load() != 0 {
				t.Errorf("the server was asked %d times, %d of them early, want 2 and 0\n%s", asked.Load(), early.Load(), o.Stdout+o.Stderr)
			}
		})
	}
}
