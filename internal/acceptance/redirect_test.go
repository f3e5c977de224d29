//go:build linux

package acceptance

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// POSTs follow 307 and 308 to the same server over HTTP/1.1 and HTTP/2, and count once.
func TestRedirectedPOST(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.StartTLS(t, "nginx")
	url := func(path string) string { return server.URL("http", path) }
	s := newSession(t, map[string]string{
		"messages.yaml": `name: messages
pattern: echo
target:
  sse: {url: "` + url("/moved/events?session=s1") + `", post: "` + url("/again/temporary/messages?session=s1") + `"}
  sse-h2: {url: "` + url("/moved/events?session=s2") + `", post: "` + url("/again/temporary/messages?session=s2") + `"}
  tls: {insecure: true}
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 50/s}
phases: {warmup: 100ms, steady: 500ms, drain: 2s}
`,
		"events.yaml": `name: events
pattern: push
target:
  sse: {url: "` + url("/again/temporary/events?count=20") + `", method: POST, body: '{"a":1}'}
  sse-h2: {url: "` + url("/again/temporary/events?count=20") + `", method: POST, body: '{"a":1}'}
  tls: {insecure: true}
phases: {warmup: 0s, steady: 500ms, drain: 1s}
reconnect: none
`,
	})
	sent := uint64(0)
	for protocol, n := range counters(s.rtbench("run", "messages.yaml", "--quiet", "--out", "m").result("m")) {
		sent += n.AllSent
		if n.Recorded != 25 || n.Lost+n.Duplicates > 0 || len(n.Examples) > 0 {
			t.Errorf("%s: %+v, want 25 messages and no errors", protocol, n)
		}
	}
	if got := server.Ledger(t).Routes["/messages"]; uint64(got.Received) != sent {
		t.Errorf("the server received %d messages, %d were sent", got.Received, sent)
	}
	r := s.rtbench("run", "events.yaml", "--quiet", "--out", "e").result("e")
	for protocol, n := range counters(r) {
		if n.AllReceived != 20 || len(n.Examples) > 0 {
			t.Errorf("%s: %+v, want the 20 events", protocol, n)
		}
	}
}

// The error for a redirect that is not followed gives its destination without secrets.
func TestRedirectNotFollowed(t *testing.T) {
	t.Parallel()
	nginx := thirdparty.StartTLS(t, "nginx")
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/login/form?next=hunter2hunter2", http.StatusFound)
	}))
	t.Cleanup(other.Close)
	const place = "https://elsewhere.test/events?…"
	for name, c := range map[string]struct{ target, class, place string }{
		"events":            {`{sse: "` + nginx.URL("http", "/away/events") + `", tls: {insecure: true}}`, "redirect to another host", place},
		"events over HTTP2": {`{sse-h2: "` + nginx.URL("http", "/away/events") + `", tls: {insecure: true}}`, "redirect to another host", place},
		"POST for events":   {`{sse: {url: "` + nginx.URL("http", "/away/events") + `", method: POST}, tls: {insecure: true}}`, "redirect to another host", place},
		"POST as a GET":     {`{sse: {url: "` + other.URL + `/events", method: POST}}`, "HTTP redirect", other.URL + "/login/form?…"},
		"WebSocket":         {`{websocket: "ws` + strings.TrimPrefix(other.URL, "http") + `/ws"}`, "HTTP redirect", other.URL + "/login/form?…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, map[string]string{"a.yaml": "name: a\npattern: push\nphases: {warmup: 0s, steady: 100ms}\ntarget: " + c.target + "\n"})
			o := s.rtbench("run", "a.yaml", "--quiet", "--out", "r")
			o.wantNoSecret("r", "hunter2")
			for _, n := range counters(o.result("r")) {
				if len(n.Examples) != 1 || !strings.Contains(n.Examples[c.class], c.place) {
					t.Errorf("%v; want %s to %s", n.Examples, c.class, c.place)
				}
			}
		})
	}
	for _, protocol := range []string{"sse", "sse-h2"} {
		t.Run("messages over "+protocol, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, map[string]string{"a.yaml": `name: a
pattern: echo
target: {` + protocol + `: {url: "` + nginx.URL("http", "/events?session=s") + `", post: "` + nginx.URL("http", "/away/events") + `"}, tls: {insecure: true}}
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 50/s}
phases: {warmup: 0s, steady: 200ms, drain: 200ms}
`})
			o := s.rtbench("run", "a.yaml", "--quiet", "--out", "r")
			o.wantNoSecret("r", "hunter2")
			for _, n := range counters(o.result("r")) {
				if n.Recorded != 0 || !strings.Contains(n.Examples["redirect to another host"], place) {
					t.Errorf("%d recorded, %v; want none, redirected to %s", n.Recorded, n.Examples, place)
				}
			}
		})
	}
}
