package cli

import (
	"strings"
	"testing"

	"rtbench/report/result"
)

func TestHint(t *testing.T) {
	for _, c := range []struct{ class, target, want string }{
		{"TLS: unknown authority", "wss://h/", "--cacert"},
		{"not TLS", "wss://h/", "try ws://"},
		{"not TLS", "grpcs://h/", "try grpc://"},
		{"connection closed by the server", "ws://h/", "try wss://"},
		{"connection closed by the server", "wss://h/", ""},
		{"TLS: no ALPN protocol in common", "grpcs://h/", "enable h2 in ALPN"},
		{"no HTTP/2 (ALPN)", "https://h/", "omit --http2 (key sse "},
		{"no HTTP/2 (ALPN)", "wss://h/", "omit --http2 (key websocket "},
		{"not HTTP/2", "http://h/", "key sse "},
		{"not HTTP/2", "ws://h/", "key websocket "},
		{"wrong content type", "http://h/", "--protocol long-poll"},
		{"connection closed by the server: TLS handshake: EOF", "mqtts://h/", "try mqtt://"},
		{"HTTP status 401", "https://h/", "--bearer-env"},
		{"something else", "ws://h/", ""},
	} {
		if got := hint(c.class, c.target); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s at %s: %q, want %q", c.class, c.target, got, c.want)
		}
	}
}

// A connection closed during a step had been opened, so the hint is about steps, not TLS.
func TestResultHintAfterStep(t *testing.T) {
	for class, want := range map[string]string{
		"step wait: connection closed by the server":  streamEndedHint,
		"step subscribe: connection reset":            streamEndedHint,
		"step wait: timeout":                          "",
		"connection closed by the server":             "may expect TLS",
		"connection refused":                          "is the server running",
		"step authenticate: gRPC Unavailable: anyhow": "",
	} {
		res := &result.Result{Cells: []*result.Cell{{
			Config:      result.Config{Target: "ws://h/"},
			Repetitions: []*result.Repetition{{Counters: result.Counters{Refused: map[string]uint64{class: 3}}}},
		}}}
		if got := resultHint(res); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
}
