//go:build linux

package acceptance

import (
	"slices"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// routes returns the routes in a server's ledger that have a prefix.
func routes(t *testing.T, server *thirdparty.Server, prefix string) []string {
	t.Helper()
	var names []string
	for name := range server.Ledger(t).Routes {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// wantRoute fails the test unless all requests with the prefix equal want.
func wantRoute(t *testing.T, server *thirdparty.Server, prefix, want string) {
	t.Helper()
	if got := routes(t, server, prefix); !slices.Equal(got, []string{want}) {
		t.Errorf("the server saw\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

// awkwardQuery changes if it is decoded and encoded again.
const awkwardQuery = "topic=b&topic=a&X=1;Y=2&e=%7E+%20z&empty=&flag"

// --query, --header and --cookie are appended in order, and the URL's query arrives byte for
// byte.
func TestPairsArriveAsGiven(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "fastapi")
	s := newSession(t, nil)
	s.Env = []string{"T_KEY=k-98765&4321"}
	pairs := []string{
		"--query", "topic=c", "--query", "n=ä b&c", "--query", "topic=d", "--query", "api_key=${T_KEY}",
		"-H", "X-A: 1", "-H", "x-b: 2", "-H", "x-a: 3", "--cookie", "a=${T_KEY}", "--cookie", "a=${T_KEY}2",
	}
	const added = "&topic=c&n=%C3%A4%20b%26c&topic=d&api_key=k-98765%264321"
	headers := " | host: " + server.Host + " | cookie: a=k-98765&4321; a=k-98765&43212 | x-a: 1 | x-a: 3 | x-b: 2"
	short := []string{"-c", "1", "-d", "300ms", "--repetitions", "1", "-q"}

	o := s.rtbench(slices.Concat([]string{"bench", server.URL("http", "/seen/events?"+awkwardQuery), "-o", "sse"}, short, pairs)...)
	o.wantNoSecret("sse", "k-98765")
	wantRoute(t, server, "GET /seen/events", "GET /seen/events?"+awkwardQuery+added+headers)

	o = s.rtbench(slices.Concat([]string{"bench", server.URL("ws", "/seen/ws?"+awkwardQuery), "-o", "ws", "--message", `{"id":{{.RequestNumber}}}`, "--match", "field:id", "--rate", "20/s"}, short, pairs)...)
	o.wantNoSecret("ws", "k-98765")
	wantRoute(t, server, "WS /seen/ws", "WS /seen/ws?"+awkwardQuery+added+headers)

	post := server.URL("http", "/seen/messages?session=s;&"+awkwardQuery)
	o = s.rtbench(slices.Concat([]string{"bench", server.URL("http", "/seen/events?session=s;&"+awkwardQuery), "--post", post, "-o", "post", "--message", `{"id":{{.RequestNumber}}}`, "--match", "field:id", "--rate", "20/s"}, short, pairs)...)
	o.wantNoSecret("post", "k-98765")
	wantRoute(t, server, "POST /seen/messages", "POST /seen/messages?session=s;&"+awkwardQuery+added+headers)
}

// A scenario accepts the same pairs as lists of values, or as a list of pairs to keep their
// order.
func TestPairsOfAScenario(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.StartTLS(t, "nginx")
	s := newSession(t, map[string]string{
		"base.yaml": "target:\n  headers: {X-A: [1, '2'], X-Kept: yes}\n",
		"mine.yaml": `include: base.yaml
name: mine
pattern: push
target:
  sse: "` + server.URL("http", "/seen/events?"+awkwardQuery) + `"
  sse-h2: "` + server.URL("http", "/seen/events?"+awkwardQuery) + `"
  tls: {insecure: true}
  headers: {X-A: ["${V}", x]}
  query: [{topic: c, n: [1, 2]}, {topic: "${V}"}]
phases: {warmup: 100ms, steady: 300ms, drain: 1s}
`,
	})
	s.Env = []string{"V=vvvvvvvv"}
	if o := s.rtbench("scenario", "validate", "mine.yaml").wantCode(0); !strings.Contains(o.Stdout, "header X-A (2 values)") {
		t.Errorf("the plan does not give the number of values:\n%s", o.Stdout)
	}
	s.rtbench("run", "mine.yaml", "--quiet", "--out", "r", "--set", "target.headers.X-B=[p, q]").wantNoSecret("r", "vvvvvvvv")
	got := routes(t, server, "GET /seen/events")
	want := "GET /seen/events?" + awkwardQuery + "&topic=c&n=1&n=2&topic=vvvvvvvv"
	if len(got) != 1 || !strings.HasPrefix(got[0], want) || !strings.Contains(got[0], " | x-a: vvvvvvvv | x-a: x | x-b: p | x-b: q | x-kept: yes") {
		t.Errorf("the server saw %q, want %q and both values of X-A and X-B", got, want)
	}
}

// gRPC metadata may repeat a name, including binary metadata.
func TestRepeatedMetadata(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "grpcio")
	s := newSession(t, nil)
	o := s.rtbench("bench", server.URL("grpc", "/chat.v1.Chat/Ask"), "--import", server.Proto, "--proto", "chat/v1/chat.proto", "-c", "1", "-d", "300ms", "-q",
		"--rate", "20/s", "--repetitions", "1", "--message", `{"id":"{{.RequestNumber}}"}`, "--match", "field:id", "-o", "r",
		"-H", "x-seen: 1", "-H", "X-A: b", "-H", "x-a: a", "-H", "x-raw-bin: AAE=", "-H", "x-raw-bin: AgM")
	if n := o.only().Counters; n.Recorded == 0 {
		t.Errorf("nothing was recorded: %+v\n%s", n, o.Stderr)
	}
	got := routes(t, server, "/chat.v1.Chat/Ask | ")
	for _, want := range []string{" | x-a: b | x-a: a", " | x-raw-bin: 0001 | x-raw-bin: 0203"} {
		if len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("the server saw %q, want %q", got, want)
		}
	}
}
