//go:build linux

package acceptance

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// A password in an address is never printed, even in other errors.
func TestPasswordInAddress(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const url = "ws://user:hunter2pw@127.0.0.1:1"
	scenario := func(target string) string { return "name: a\npattern: push\n" + target + "\n" }
	s := newSession(t, map[string]string{
		"short.yaml":     scenario("target: " + url),
		"custom.yaml":    scenario("target: " + url),
		"guide.yaml":     scenario("api: guide\ntarget: " + url),
		"keys.yaml":      scenario("target: {websocket: {url: " + url + "}}"),
		"post.yaml":      scenario("target: {sse: {url: http://127.0.0.1:1/, post: 'http://user:hunter2pw@127.0.0.1:1/'}}"),
		"wrong.yaml":     scenario("target: {websocket: {uri: " + url + "}}"),
		"elsewhere.yaml": scenario("contract: " + url + "\nrepetitions: " + url + "\nload: {rate: '" + url + "'}\nthresholds: ['" + url + "']"),
		"noscheme.yaml":  scenario("target: user:hunter2pw@127.0.0.1:1"),
		"slash.yaml":     scenario("target: ws://user:hunter2pw/x@127.0.0.1:1"),
		"nospace.yaml":   "name: a\npattern: push\ntarget:" + url + "\n",
		"variable.yaml":  scenario("target: {websocket: '${T_URL}'}"),
		"partly.yaml":    scenario("target: {websocket: 'ws://user:hunter2pw@${T_HOST}'}"),
		"profile.yaml":   "name: a\npattern: echo\nload: {rate: 1/s}\nprofiles: {ci: {target: '" + url + "'}}\n",
		"base.yaml":      "target: {websocket: '" + url + "'}\n",
		"include.yaml":   "include: base.yaml\nname: a\npattern: push\ntarget: {websocket: 'ws://127.0.0.1:1'}\n",
		"good.yaml":      scenario("target: {websocket: ws://127.0.0.1:1}"),
	})
	s.Env = []string{"T_URL=" + url, "T_HOST=127.0.0.1:1"}
	for name := range files(t, s.Dir) {
		if strings.HasSuffix(name, "base.yaml") || strings.HasSuffix(name, "good.yaml") {
			continue
		}
		for _, command := range [][]string{{"scenario", "validate", name}, {"run", name, "-q", "-o", "r"}} {
			if o := s.rtbench(command...).wantCode(104); strings.Contains(o.Stdout+o.Stderr, "hunter2") {
				t.Errorf("%v prints the password:\n%s%s", command, o.Stdout, o.Stderr)
			}
		}
	}
	for _, args := range [][]string{
		{"bench", url},
		{"bench", url + "/ws", "more"},
		{"bench", "user:hunter2pw@127.0.0.1:9000"},
		{"bench", "ws://user:hunter2pw/x@127.0.0.1:1"},
		{"bench", "ws://127.0.0.1:1", "--api", url},
		{"bench", "ws://127.0.0.1:1", "--rate", url},
		{"bench", "http://127.0.0.1:1/", "--post", url},
		{"bench", "http://127.0.0.1:1/", "--metrics", "http://user:hunter2pw@127.0.0.1:1"},
		{"run", url},
		{"run", "echo", "--target", url},
		{"run", "chat", "--target", url},
		{"run", "good.yaml", "--target", url},
		{"run", "good.yaml", "--set", "target.websocket=" + url},
		{"run", "good.yaml", "--set", "name=" + url},
		{"run", "good.yaml", "--set", url},
		{"gate", "--base", url, "--head", "127.0.0.1:1"},
		{"gate", "--base", "127.0.0.1:1", "--head", "user:hunter2pw@127.0.0.1:1"},
		{"compare", url, "x"},
		{url},
	} {
		if o := s.rtbench(args...); o.Code == 0 || strings.Contains(o.Stdout+o.Stderr, "hunter2") {
			t.Errorf("%v: exit code %d, or the password is printed:\n%s%s", args, o.Code, o.Stdout, o.Stderr)
		}
	}
}

// Control characters in arguments and files are escaped before they reach the terminal.
func TestControlCharactersAreEscaped(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{
		"nul.yaml":          "name: a\npattern: push\ntarget: {websocket: \"ws://h\\0st\\e]0;x\\a:1/\"}\n",
		"short.yaml":        "name: a\npattern: push\ntarget: \"h\\0st\\e[31m:1\"\n",
		"header.yaml":       "name: a\npattern: push\ntarget: {websocket: ws://h, headers: {\"X-\\e[31m\": a, A: \"b\\0\", \"C\\nD\": e}}\n",
		"go\x1b[31mod.yaml": "name: a\npattern: push\ntarget: {websocket: ws://h}\n",
		"key.yaml":          "name: a\n\"\\e[31mpattern\": push\n\"a\\nb\": c\n",
	})
	if o := s.rtbench("scenario", "validate", "go\x1b[31mod.yaml").wantCode(0); strings.Contains(o.Stdout, "\x1b") {
		t.Errorf("%q", o.Stdout)
	}
	for _, args := range [][]string{
		{"run", "nul.yaml"},
		{"run", "short.yaml"},
		{"run", "header.yaml"},
		{"run", "key.yaml"},
		{"run", "no\x1b[31m\nfile"},
		{"bench", "ws://h\x1b[31mst\n:1/x"},
		{"bench", "h\x1b[31m\nst:1"},
		{"bench", "ws\x1b[31m://h"},
		{"run", "echo", "--target", "h\x1bo\nst:1"},
		{"gate", "--base", "h\x1bo\nst:1", "--head", "b:1"},
		{"bench", "ws://h", "-H", "X-\x1b[31m\nA"},
		{"bench", "ws://h", "--match", "a\x1b\nb"},
		{"run", "echo", "--set", "lo\x1b[31m\nad=1"},
		{"a\x1b[31m\nb"},
		{"run", "--a\x1b[31m\nb"},
		{"bench", "ws://h/x", "--api", "a\u202eb\x9b\n"},
		{"report", "a\x1b[31m\nb"},
	} {
		o := s.rtbench(args...)
		bad := strings.IndexFunc(o.Stdout+o.Stderr, func(c rune) bool {
			return c != '\n' && (c < ' ' || c == 0x7f || c == 0x9b || c == '\u202e' || c == '\ufffd')
		})
		first, _, _ := strings.Cut(o.Stderr, "\n")
		if o.Code == 0 || bad >= 0 || strings.Count(o.Stderr, "\n") > 4 || len(first) < 12 {
			t.Errorf("%q: exit code %d, %q", args, o.Code, o.Stdout+o.Stderr)
		}
	}
}

// Names with auth or key in the middle of a word are not secrets, and their values are shown.
func TestHarmlessNamesAreShown(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "fastapi")
	s := newSession(t, nil)
	common := []string{"-c", "1", "-d", "100ms", "--repetitions", "1", "-q"}
	s.rtbench(append([]string{"bench", server.URL("http", "/seen/events?author=me&monkey=1"), "-H", "X-Author: me", "--query", "keyboard=de", "-o", "r"}, common...)...)
	wantRoute(t, server, "GET /seen", "GET /seen/events?author=me&monkey=1&keyboard=de | host: "+server.Host+" | x-author: me")
	for _, secret := range []string{"--query=api_key=abcd", "--query=accessToken=abcd", "-HX-Auth:abcd", "-HX-API-Key:abcd", "--cookie=a=abcd", "--query=sig=abcd"} {
		if o := s.rtbench(append([]string{"bench", server.URL("http", "/events"), secret, "-o", "s"}, common...)...); o.Code != 104 || strings.Contains(o.Stderr, "abcd") {
			t.Errorf("%s: exit code %d, %s", secret, o.Code, o.Stderr)
		}
	}
}

// Tokens of up to 64 KiB are sent whole in a header, a cookie, the query and a subprotocol, and
// appear in no result.
func TestLongTokens(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	var mu sync.Mutex
	longest := map[string]int{}
	note := func(name string, n int) {
		mu.Lock()
		defer mu.Unlock()
		longest[name] = max(longest[name], n)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"X-Token", "Cookie", "Sec-WebSocket-Protocol"} {
			note(r.Proto+" "+name, len(r.Header.Get(name)))
		}
		note(r.Proto+" query", len(r.URL.Query().Get("token")))
		if r.Header.Get("Upgrade") != "" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("data: x\n\n"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	token := strings.Repeat("abcdefgh", 8<<10)[:64<<10]
	s := newSession(t, map[string]string{"a.yaml": strings.NewReplacer("WSURL", "wss"+strings.TrimPrefix(server.URL, "https"), "URL", server.URL).Replace(`name: a
pattern: push
target:
  sse: "URL"
  sse-h2: "URL"
  websocket: {url: "WSURL", subprotocols: [chat, "base64url.bearer.authorization.k8s.io.${T_SUB}"]}
  tls: {insecure: true}
  headers: {X-Token: "${T_TOKEN}"}
  cookies: {session: "${T_TOKEN}"}
  query: {token: "${T_TOKEN}"}
phases: {warmup: 0s, steady: 100ms}
`)})
	s.Env = []string{"T_TOKEN=" + token, "T_SUB=" + token[:60<<10]}
	o := s.rtbench("run", "a.yaml", "-q", "-o", "r")
	o.wantNoSecret("r", token[:16])
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		if longest[protocol+" X-Token"] != len(token) || longest[protocol+" Cookie"] != len("session=")+len(token) || longest[protocol+" query"] != len(token) {
			t.Errorf("%s: the server saw %v\n%s", protocol, longest, o.Stderr)
		}
	}
	if n := longest["HTTP/1.1 Sec-WebSocket-Protocol"]; n < 60<<10 {
		t.Errorf("the server saw %d bytes of subprotocols", n)
	}
	for _, literal := range []string{"base64url.bearer.authorization.k8s.io.c2VjcmV0LXNlY3JldC1zZWNyZXQ", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.c2VjcmV0"} {
		o := s.rtbench("bench", "ws://127.0.0.1:1", "--subprotocol", literal, "-o", "l", "--message", "a", "--match", "order").wantCode(104)
		if strings.Contains(o.Stderr, "c2Vjcm") || !strings.Contains(o.Stderr, "--subprotocol: found a literal secret") {
			t.Error(o.Stderr)
		}
	}
}
