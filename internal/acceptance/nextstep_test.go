//go:build linux

package acceptance

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The error for a TLS server without HTTP/2 says so and names the next step.
func TestServerWithoutHTTP2(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler()) // offers only http/1.1
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "https://")
	const more = "\npattern: echo\nload: {rate: 10/s}\nphases: {warmup: 0s, steady: 200ms}\n"
	s := newSession(t, map[string]string{
		"chat.proto":      "syntax = \"proto3\";\npackage chat;\nservice Chat { rpc Ask(M) returns (M); }\nmessage M { string id = 1; }\n",
		"grpc.yaml":       "name: grpc\ntarget: {grpc: {url: \"grpcs://" + host + "/chat.Chat/Ask\", proto: [chat.proto]}, tls: {insecure: true}}\nmessages: '{\"id\": \"{{.RequestNumber}}\"}'" + more,
		"reflection.yaml": "name: reflection\ntarget: {grpc: \"grpcs://" + host + "/chat.Chat/Ask\", tls: {insecure: true}}\nmessages: '{\"id\": \"{{.RequestNumber}}\"}'" + more,
		"sse-h2.yaml":     "name: sse\ntarget: {sse-h2: \"https://" + host + "/\", tls: {insecure: true}}\npattern: push\nphases: {warmup: 0s, steady: 200ms}\n",
	})
	for _, file := range []string{"grpc", "reflection", "sse-h2"} {
		o := s.rtbench("run", file+".yaml", "--quiet", "--out", file).wantCode(1)
		all := o.Stdout + o.Stderr
		if !strings.Contains(all, "the server does not negotiate HTTP/2 (ALPN h2)") || !strings.Contains(o.Stderr, "enable h2 in ALPN") {
			t.Errorf("%s: want the reason and the next step in\n%s", file, all)
		}
	}
}
