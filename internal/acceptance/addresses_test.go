//go:build linux

package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/testserver/thirdparty"
)

// Unix socket addresses are rejected by name, in every notation.
func TestUnixSocketIsRefused(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "python-websockets")
	s := newSession(t, map[string]string{
		"custom.yaml": "name: a\napi: custom\npattern: push\ntarget: unix:///tmp/x.sock\n",
		"grpc.yaml":   "name: a\npattern: push\ntarget: {grpc: 'unix:///tmp/x.sock'}\n",
		"addr.yaml":   "name: a\npattern: push\nload: {rate: 1/s}\ntarget: unix:/tmp/x.sock\n",
		"good.yaml":   "name: a\npattern: push\ntarget: {websocket: '" + server.URL("ws", "/feed") + "'}\n",
	})
	for _, args := range [][]string{
		{"run", "custom.yaml"},
		{"run", "grpc.yaml"},
		{"run", "addr.yaml"},
		{"run", "good.yaml", "--target", "unix:/tmp/x.sock"},
		{"run", "echo", "--target", "unix:///tmp/x.sock"},
		{"bench", "unix:///tmp/x.sock"},
		{"bench", "unix:/tmp/x.sock"},
		{"bench", "http+unix:///tmp/x.sock"},
		{"bench", "ws+unix:///tmp/x.sock:/ws"},
		{"gate", "--base", "unix:/tmp/x", "--head", "127.0.0.1:1"},
	} {
		if o := s.rtbench(args...); o.Code == 0 || strings.Count(o.Stderr, "\n") != 1 || !strings.Contains(o.Stderr, "unix sockets are not supported; expected a TCP address") {
			t.Errorf("%v: exit code %d, %s", args, o.Code, o.Stderr)
		}
	}
}

// Ports outside 1 to 65535 are rejected in every flag and key.
func TestInvalidPorts(t *testing.T) {
	t.Parallel()
	const custom = "name: t\npattern: push\ntarget: {websocket: 'ws://h:%s/', stats: {%s}}\n"
	s := newSession(t, map[string]string{
		"t.yaml":       echoLoad,
		"target.yaml":  echoLoad + "target: 127.0.0.1:99999\n",
		"guide.yaml":   echoLoad + "api: guide\ntarget: 'ws://[::1]:70000'\n",
		"url.yaml":     fmt.Sprintf(custom, "65536", "pid: 1"),
		"scrape.yaml":  fmt.Sprintf(custom, "80", "prometheus: 'http://127.0.0.1:99999/metrics'"),
		"control.yaml": fmt.Sprintf(custom, "80", "rtbench: '127.0.0.1:0'"),
	})
	for _, file := range []string{"target.yaml", "guide.yaml", "url.yaml", "scrape.yaml", "control.yaml"} {
		for _, command := range []string{"scenario validate", "run"} {
			o := s.rtbench(append(strings.Fields(command), file)...).wantCode(104)
			if !strings.Contains(o.Stderr, "from 1 to 65535") || !strings.HasPrefix(o.Stderr, file+":") {
				t.Errorf("%s %s: %s", command, file, o.Stderr)
			}
		}
	}
	for args, code := range map[string]int{
		"run t.yaml --target 127.0.0.1:99999":                 2,
		"run t.yaml --target [::1]:0":                         2,
		"run chat --target ws://127.0.0.1:70000":              2,
		"run t.yaml --otlp http://127.0.0.1:99999":            2,
		"scenario validate t.yaml --set target=127.0.0.1:0":   104,
		"bench 127.0.0.1:99999":                               104,
		"bench ws://127.0.0.1:99999/chat":                     104,
		"bench ws://127.0.0.1:99999/ws/me --api guide":        104,
		"bench grpc://127.0.0.1:99999/a.B/C --message {}":     104,
		"bench http://127.0.0.1:80/e --post http://h:0/m":     104,
		"bench http://h/e --metrics http://127.0.0.1:99999/m": 104,
		"serve --port tcp=99999":                              2,
	} {
		if o := s.rtbench(strings.Fields(args)...).wantCode(code); !strings.Contains(o.Stderr, "65535") {
			t.Errorf("%s: %s", args, o.Stderr)
		}
	}
}

// Addresses, headers and query parameters are the same for every stream, so template actions in
// them are rejected with their position. Braces must be percent-encoded in a URL; environment
// variables may contain them.
func TestTemplateActionsOutsideMessages(t *testing.T) {
	t.Parallel()
	const rest = "pattern: push\nname: t\n"
	s := newSession(t, map[string]string{
		"path.yaml":   "target: {websocket: \"ws://127.0.0.1:9/{{.Stream}}\"}\n" + rest,
		"post.yaml":   "target: {sse: {url: \"http://127.0.0.1:9/\", post: \"http://127.0.0.1:9/?s={{uuid}}\"}}\nname: t\npattern: echo\nload: {rate: 1/s}\n",
		"header.yaml": "target:\n  grpc: {url: \"grpc://127.0.0.1:9/a.B/C\"}\n  headers: {X-Id: \"${S} {{.Stream}}\"}\nmessages: '{}'\n" + rest,
		"query.yaml":  "target:\n  sse: \"http://127.0.0.1:9/\"\n  query: {room: [a, \"{{.Stream}}\"]}\n" + rest,
		"good.yaml":   "target:\n  websocket: \"ws://127.0.0.1:9/%7B%7Bid%7D%7D\"\n  headers: {X-Id: \"${S}\"}\n" + rest,
	})
	s.Env = []string{"S={{a}}"}
	for _, c := range []struct{ command, want string }{
		{"scenario validate path.yaml", "path.yaml:1:21: target.websocket: found a template action"},
		{"run path.yaml", "path.yaml:1:21: target.websocket: found a template action"},
		{"scenario validate post.yaml", "post.yaml:1:50: target.sse.post: found a template action"},
		{"scenario validate header.yaml", "header.yaml:3:19: target.headers.X-Id: found a template action"},
		{"scenario validate query.yaml", "query.yaml:3:21: target.query.room: found a template action"},
		{"scenario validate good.yaml --set target.websocket=ws://h/{{.Stream}}", "target.websocket: found a template action"},
		{"run good.yaml --target ws://h/{{.Stream}}", "--target \"ws://h/{{.Stream}}\": found a template action"},
		{"bench ws://127.0.0.1:9/{{.Stream}}", "URL: found a template action"},
		{"bench ws://127.0.0.1:9/ --header X:{{.Stream}}", "--header X: found a template action"},
		{"bench ws://127.0.0.1:9/ --query a={{.Stream}}", "--query a: found a template action"},
		{"bench http://127.0.0.1:9/ --post http://127.0.0.1:9/{{.Stream}}", "--post: found a template action"},
	} {
		code := 104
		if strings.Contains(c.command, "--target") {
			code = 2
		}
		o := s.rtbench(strings.Fields(c.command)...).wantCode(code)
		if !strings.Contains(o.Stderr, c.want) || strings.Count(o.Stderr, "\n") != 1 {
			t.Errorf("%s: %s\nwant %s", c.command, o.Stderr, c.want)
		}
	}
	s.rtbench("scenario", "validate", "good.yaml").wantCode(0)
}
