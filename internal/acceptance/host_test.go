//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// The header Host, or :authority, reaches the server as given. The connection goes to the URL's
// address, and the certificate is verified for it or for server_name, which may have
// underscores as in Docker Compose.
func TestHostOtherThanTheAddress(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	fastapi := thirdparty.StartTLS(t, "fastapi")
	url := func(scheme, path string) string { return fastapi.URL(scheme, path) }
	s := newSession(t, map[string]string{"a.yaml": `name: a
pattern: push
target:
  sse: "` + url("http", "/seen/events") + `"
  headers: {Host: "api.example.test:8443"}
  tls: {ca: "` + fastapi.Files.CA + `", server_name: my_service}
phases: {warmup: 0s, steady: 100ms}
`})
	s.rtbench("run", "a.yaml", "-q", "-o", "yaml")
	wantRoute(t, fastapi, "GET /seen/events", "GET /seen/events? | host: api.example.test:8443")
	short := []string{"-c", "1", "-d", "300ms", "--repetitions", "1", "-q", "--cacert", fastapi.Files.CA, "--message", `{"id":"{{.RequestNumber}}"}`, "--match", "field:id", "--rate", "20/s"}
	s.rtbench(append([]string{"bench", url("ws", "/seen/ws"), "-H", "Host: api.example.test", "-o", "ws"}, short...)...)
	wantRoute(t, fastapi, "WS /seen/ws", "WS /seen/ws? | host: api.example.test")
	s.rtbench(append([]string{"bench", url("http", "/events?session=s"), "--post", url("http", "/seen/messages?session=s"), "-H", "host:api.example.test", "-o", "post"}, short...)...)
	wantRoute(t, fastapi, "POST /seen", "POST /seen/messages?session=s | host: api.example.test")
	// A redirect to the host in that header stays on the same server.
	nginx := thirdparty.StartTLS(t, "nginx")
	o := s.rtbench("bench", nginx.URL("http", "/again/seen/events"), "--http2", "--insecure", "-H", "Host: api.example.test", "-c", "1", "-d", "300ms", "-q", "-o", "h2")
	if n := counters(o.result("h2"))["sse-h2"]; n.AllReceived == 0 || len(n.Examples) > 0 {
		t.Errorf("nothing was received over HTTP/2: %+v", n)
	}
	wantRoute(t, nginx, "GET /seen", "GET /seen/events? | host: api.example.test")
}

func TestAuthorityOfGRPC(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, secure := range []bool{false, true} {
		server, tls := thirdparty.Start(t, "node-grpc"), []string(nil)
		if secure {
			server = thirdparty.StartTLS(t, "node-grpc")
			tls = []string{"--cacert", server.Files.CA, "--server-name", "localhost"}
		}
		s := newSession(t, nil)
		for header, want := range map[string]string{"x-a: b": server.Host, "Host: api.example.test": "api.example.test", ":authority: other.test:1": "other.test:1"} {
			args := append([]string{
				"bench", server.URL("grpc", "/chat.v1.Chat/Talk"), "-c", "1", "-d", "200ms", "--repetitions", "1", "-q", "--rate", "20/s",
				"--message", `{"id":"{{.RequestNumber}}"}`, "--match", "field:id", "-H", "x-seen: " + want, "-H", header, "-o", want,
			}, tls...)
			if n := counters(s.rtbench(args...).result(want))["grpc"]; n.Recorded != 4 {
				t.Errorf("TLS %v, %s: %+v, want 4 messages", secure, header, n)
			}
		}
		for _, route := range routes(t, server, "/chat.v1.Chat/Talk | ") {
			_, told, _ := strings.Cut(route, " | :authority: ")
			told, _, _ = strings.Cut(told, " | ")
			if !strings.Contains(route, "x-seen: "+told) {
				t.Errorf("TLS %v: the server received %q", secure, route)
			}
		}
	}
	// The certificate is verified for the address, whatever :authority is.
	server := thirdparty.StartTLS(t, "node-grpc")
	s := newSession(t, nil)
	o := s.rtbench("bench", server.URL("grpc", "/chat.v1.Chat/Talk"), "-d", "100ms", "-q", "--message", "{}", "--match", "none", "--cacert", server.Files.CA,
		"--server-name", "other_service", "-H", "Host: localhost", "-o", "r")
	if o.Code == 0 || !strings.Contains(o.Stderr, "other_service") {
		t.Errorf("a certificate for another name was accepted:\n%s\n%s", o.Stdout, o.Stderr)
	}
}
