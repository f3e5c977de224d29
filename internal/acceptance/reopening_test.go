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

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// mostReopenings is the limit for two streams that end at once, in a run of a second plus half
// a second around it: each is reopened every 50 ms, and once more at the end.
const mostReopenings = 2 * (1500/50 + 1)

// subscribe runs a push scenario for a second and returns the counts of all its phases.
func subscribe(t *testing.T, target string, flags ...string) (result.Counters, outcome) {
	t.Helper()
	r, o := newSession(t, nil).measure(scenario{
		pattern: "push", target: target, load: "connections: 2", phases: "warmup: 0s, steady: 1s, drain: 0s",
	}, flags...)
	return r.AllPhases(), o
}

// A server that cleanly ends each stream after one message is not flooded: a stream is reopened
// at most 20 times a second, and the result counts the reopenings.
func TestReopeningIsRateLimited(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for name, c := range map[string]struct {
		server string
		target func(*thirdparty.Server) string
		flags  []string
	}{
		"server-sent events": {"fastapi", func(s *thirdparty.Server) string { return eventsTarget(s, "/answers") }, nil},
		"WebSocket":          {"python-websockets", onWebSocket("/answer"), nil},
		"gRPC":               {"grpcio", onChat("Watch"), []string{"--set", "messages={json: {count: 1}}"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := thirdparty.Start(t, c.server)
			n, o := subscribe(t, c.target(server), c.flags...)
			opened := uint64(server.Ledger(t).Connections)
			if n.Reopened == 0 || n.Reopened > mostReopenings {
				t.Errorf("%d streams were reopened, want 1 to %d\n%s", n.Reopened, mostReopenings, o.Stdout+o.Stderr)
			}
			for _, reason := range o.only().Validity.Reasons() {
				if strings.Contains(reason, "reopened") || strings.Contains(reason, "the server closed") {
					t.Errorf("the server ends each stream by design, but a reason says: %s", reason)
				}
			}
			if opened < n.Reopened || opened > n.Reopened+4 { // two, and two in progress at the end
				t.Errorf("the server opened %d streams, and %d of 2 were reopened", opened, n.Reopened)
			}
		})
	}
}

// The limit also holds for TCP and HTTP/2 if a server ends each stream at once.
func TestReopeningIsRateLimitedOverTCP(t *testing.T) {
	t.Parallel()
	var accepted atomic.Uint64
	n, o := subscribe(t, tcpTarget(listen(t).serve(func(_ int, c net.Conn) {
		accepted.Add(1)
		_, _ = io.WriteString(c, "one line\n")
	})))
	if n.Reopened == 0 || accepted.Load() > mostReopenings+2 {
		t.Errorf("%d connections, %d reopened\n%s", accepted.Load(), n.Reopened, o.Stdout+o.Stderr)
	}
}

func TestReopeningIsRateLimitedOverHTTP2(t *testing.T) {
	t.Parallel()
	target, asked := oneEvent(t, "data: x\n\n")
	n, o := subscribe(t, target)
	if n.Reopened == 0 || asked.Load() > mostReopenings+2 {
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

// oneEvent starts a server that sends one event per stream and ends it. asked counts requests.
func oneEvent(t *testing.T, event string) (target string, asked *atomic.Uint64) {
	t.Helper()
	asked = &atomic.Uint64{}
	return fmt.Sprintf("sse-h2: %q", serveHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, event)
	})), asked
}

// The client honors the retry field of an event stream: 300 ms allow three reopenings in a
// second.
func TestReopeningWaitsForRetry(t *testing.T) {
	t.Parallel()
	target, asked := oneEvent(t, "retry: 300\ndata: x\n\n")
	n, _ := subscribe(t, target)
	if n.Reopened == 0 || asked.Load() > 2*6 {
		t.Errorf("%d requests of 2 streams, %d reopened", asked.Load(), n.Reopened)
	}
}

// All streams together are reopened at most a thousand times a second.
func TestTotalReopeningIsRateLimited(t *testing.T) {
	t.Parallel()
	target, asked := oneEvent(t, "data: x\n\n")
	began := time.Now()
	n, o := subscribe(t, target, "--set", "load.connections=500")
	// Streams wait for each other before receiving starts, and by then may have lasted long
	// enough to be reopened once without waiting.
	if most := 2*500 + uint64(time.Since(began)/time.Millisecond); n.Reopened == 0 || asked.Load() > most {
		t.Errorf("%d requests of 500 streams, want %d at most\n%s", asked.Load(), most, o.Stdout+o.Stderr)
	}
}

// HTTP 204 tells an event stream's client to stop, and a response of another type is not an
// event stream: neither is retried.
func TestResponsesThatEndReconnecting(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
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
			var server *thirdparty.Server
			target := ""
			if strings.HasSuffix(name, "nginx") {
				server = thirdparty.Start(t, "nginx")
				target = fmt.Sprintf("sse-h2: %q, tls: {ca: %q}", server.URL("http", c.path), server.Files.CA)
			} else {
				server = thirdparty.Start(t, "fastapi")
				target = eventsTarget(server, c.path)
			}
			n, o := subscribe(t, target)
			refused := server.Ledger(t).Refused[c.refused]
			if refused != 2 {
				t.Errorf("the server refused %d requests, want 2, one per stream\n%s", refused, o.Stdout+o.Stderr)
			}
			if got := n.Closed[c.class] + n.Refused[c.class]; got != 2 || c.closed && n.Closed[c.class] == 0 {
				t.Errorf("counted %+v", n)
			}
		})
	}
}

// A server that refuses with Retry-After is asked again only after that time.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
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
			_, o := subscribe(t, protocol+": "+url, "--set", "load.connections=1", "--set", "phases.connect=1500ms")
			if asked.Load() != 2 || early.Load() != 0 {
				t.Errorf("the server received %d requests, %d of them early, want 2 and 0\n%s", asked.Load(), early.Load(), o.Stdout+o.Stderr)
			}
		})
	}
}
