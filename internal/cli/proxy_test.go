package cli

import (
	"strings"
	"testing"

	"rtbench/scenarios"
)

// Only connections that could take the proxy of the environment are warned of.
func TestProxyWarning(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	t.Setenv("HTTP_PROXY", "http://ann:hunter2@proxy.test:3128")
	const custom = "{name: x, pattern: echo, load: {rate: 1/s}, target: {websocket: 'ws://a.test/w'%}}"
	for _, c := range []struct{ scenario, target, want string }{
		{"{name: x, pattern: echo, load: {rate: 1/s}}", "", ""}, // rtbench starts the server
		{"{name: x, pattern: echo, load: {rate: 1/s}}", "10.0.0.1:9000", "connecting to 10.0.0.1:9000 directly, without http://proxy.test:3128"},
		{custom, "ws://a.test/w", "connecting to a.test through http://proxy.test:3128"},
		{custom, "ws://localhost/w", ""},
		{strings.ReplaceAll(custom, "%", ", proxy: none"), "ws://b.test/w", ""},
		{strings.ReplaceAll(custom, "%", ", resolve: {a.test: 10.0.0.1}"), "ws://a.test:80/w", ""},
		{strings.ReplaceAll(custom, "%", ", resolve: {'a.test:80': 10.0.0.1}"), "ws://a.test:81/w", "connecting to a.test:81 through"},
	} {
		s, err := scenarios.Parse("x.yaml", []byte(strings.ReplaceAll(c.scenario, "%", "")))
		if err != nil {
			t.Fatal(err)
		}
		got := proxyWarning(s, c.target)
		if !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") || strings.Contains(got, "hunter2") {
			t.Errorf("%s, %q: %q, want %q", c.scenario, c.target, got, c.want)
		}
	}
}
