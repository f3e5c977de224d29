//go:build linux

package acceptance

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/loadgen/foreign"
)

const echoLoad = "name: t\npattern: echo\nload: {rate: 1k/s, connections: 10}\nphases: {warmup: 1s, steady: 10s}\n"

// What no machine of this size can send is refused before it runs, by each command that would.
func TestLoadThatCannotBe(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"t.yaml": echoLoad})
	for _, c := range []struct {
		set  []string
		want string
	}{
		{[]string{"load.rate=90M/s"}, "--set load.rate=90M/s: load.rate: 90M/s at the receivers is more than"},
		{[]string{"load.stages=[{over: 10s, to: 90M/s}]"}, "load.stages: 90M/s at the receivers is more than"},
		{[]string{"pattern=fanout", "load.rate=100k/s", "load.connections=1000"}, "load.rate: 100M/s at the receivers is more than"},
		{[]string{"payload.size=1MiB", "load.rate=900k/s"}, "GB/s of payload at that rate is more than"},
	} {
		for _, command := range []string{"scenario validate t.yaml", "run t.yaml"} {
			args := strings.Fields(command)
			for _, set := range c.set {
				args = append(args, "--set", set)
			}
			o := s.rtbench(args...).wantCode(104)
			if !strings.Contains(o.Stderr, c.want) || o.Stdout != "" {
				t.Errorf("%s %v: %s%s\nwant %s", command, c.set, o.Stdout, o.Stderr, c.want)
			}
		}
	}
	o := s.rtbench("bench", "127.0.0.1:1", "--rate", "90M/s").wantCode(104)
	if !strings.HasPrefix(o.Stderr, "--rate: 90M/s at the receivers is more than") {
		t.Error(o.Stderr)
	}
}

// What is likely not to come out as planned is said, and runs.
func TestValidateWarns(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"t.yaml": echoLoad})
	for _, c := range []struct {
		set  []string
		want string
	}{
		{[]string{"load.rate=10/s", "thresholds=p(99) < 1s"}, "`p(99) < 1s` asks for p(99), which 368 messages tell, and 100 are due in the steady phase"},
		{[]string{"load.rate=100/s", "thresholds={that: p(99) < 1s, window: 1s}"}, "368 messages tell, and 100 are due in a window"},
		{[]string{"repetitions=1000", "phases.steady=24h"}, "all runs together take about 5000.1 days"},
		{[]string{"repetitions=1000", "phases={steady: 24h, warmup: 24h, drain: 24h}", "load.connections=[1,2,3,4]", "load.rate=[1/s,2/s,3/s,4/s,5/s]"}, "days"},
		{[]string{"load.connections=30000", "protocols=tcp"}, "local ports"},
		{[]string{"target={websocket: 'ws://h/'}", "thresholds=server_cpu < 50us"}, "server_cpu is not known of this server"},
	} {
		args := []string{"scenario", "validate", "t.yaml"}
		for _, set := range c.set {
			args = append(args, "--set", set)
		}
		if o := s.rtbench(args...).wantCode(0); !strings.Contains(o.Stdout, c.want) || !strings.Contains(o.Stdout, "WARNING") {
			t.Errorf("%v:\n%s%s\nwant %s", c.set, o.Stdout, o.Stderr, c.want)
		}
	}
	o := s.rtbench("scenario", "validate", "ticker", "--set", "load.rate=1/s").wantCode(0)
	if !strings.Contains(o.Stdout, "each stream gets an event every 1m40s, and the steady phase takes 3s") {
		t.Error(o.Stdout)
	}
}

// A port that there is none of is refused wherever one can be given.
func TestPortsThatAreNone(t *testing.T) {
	t.Parallel()
	const own = "name: t\npattern: push\ntarget: {websocket: 'ws://h:%s/', stats: {%s}}\n"
	s := newSession(t, map[string]string{
		"t.yaml":       echoLoad,
		"target.yaml":  echoLoad + "target: 127.0.0.1:99999\n",
		"guide.yaml":   echoLoad + "contract: guide\ntarget: 'ws://[::1]:70000'\n",
		"url.yaml":     fmt.Sprintf(own, "65536", "pid: 1"),
		"scrape.yaml":  fmt.Sprintf(own, "80", "prometheus: 'http://127.0.0.1:99999/metrics'"),
		"control.yaml": fmt.Sprintf(own, "80", "rtbench: '127.0.0.1:0'"),
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
		"bench ws://127.0.0.1:99999/ws/me --contract guide":   104,
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

// A step that sends where the server alone streams, and one that waits where the answer comes
// at the end, are refused: by validate where .proto files say what the method is, and before
// the first message where the server does.
func TestStepsThatNoCallTakes(t *testing.T) {
	t.Parallel()
	protos, err := filepath.Abs("../../loadgen/foreign/proto")
	if err != nil {
		t.Fatal(err)
	}
	server := foreign.Start(t, "node-grpc") // which has reflection
	const text = `name: t
target: {grpc: {url: %q%s}}
pattern: %s
messages: '{}'
steps: [%s, load]
%s`
	byFiles := fmt.Sprintf(", proto: [chat/v1/chat.proto], import: [%q]", protos)
	for _, c := range []struct{ method, pattern, step, load, want string }{
		{"Watch", "push", `{subscribe: '{"count": 3}'}`, "", "t.yaml:5: steps: subscribe, and chat.v1.Chat/Watch is server streaming: a call takes one request"},
		{"Watch", "push", `{send: '{}'}`, "", "t.yaml:5: steps: send, and"},
		{"Collect", "upload", `{wait: {field: id}}`, "load: {rate: 10/s}\n", "t.yaml:5: steps: wait, and chat.v1.Chat/Collect is client streaming: it answers once"},
	} {
		url := server.URL("grpc", "/chat.v1.Chat/"+c.method)
		s := newSession(t, map[string]string{
			"t.yaml":     fmt.Sprintf(text, url, byFiles, c.pattern, c.step, c.load),
			"asked.yaml": fmt.Sprintf(text, url, "", c.pattern, c.step, c.load),
		})
		for args, code := range map[string]int{"scenario validate t.yaml": 104, "run t.yaml": 104, "run asked.yaml": 104} {
			o := s.rtbench(strings.Fields(args)...).wantCode(code)
			want := c.want
			if strings.Contains(args, "asked") {
				want = strings.Replace(want, "t.yaml", "asked.yaml", 1)
			}
			if !strings.Contains(o.Stderr, want) || o.Stdout != "" {
				t.Errorf("%s: %s%s\nwant %s", args, o.Stdout, o.Stderr, want)
			}
		}
		s.rtbench("scenario", "validate", "asked.yaml").wantCode(0) // which connects to nothing
	}
	s := newSession(t, nil)
	o := s.rtbench("bench", server.URL("grpc", "/chat.v1.Chat/Watch"), "--subscribe", `{"count":3}`).wantCode(104)
	if !strings.Contains(o.Stderr, "--subscribe: ") || !strings.Contains(o.Stderr, "chat.v1.Chat/Watch is server streaming: a call takes one request") {
		t.Error(o.Stderr)
	}
}

// The files of a scenario are read although what its gRPC method is can be told by the server
// alone.
func TestValidateReadsFilesBesideReflection(t *testing.T) {
	t.Parallel()
	const text = "name: t\ntarget: {grpc: {url: 'grpcs://127.0.0.1:1/a.B/C'}, tls: {ca: ca.pem}}\npattern: echo\nload: {rate: 1/s}\n%s"
	s := newSession(t, map[string]string{
		"ca.yaml":      fmt.Sprintf(text, "messages: '{}'\n"),
		"empty.csv":    "user\n",
		"broken.pem":   "no certificate",
		"rows.yaml":    strings.Replace(fmt.Sprintf(text, "rows: empty.csv\nmessages: '{{.Row.user}}'\n"), ", tls: {ca: ca.pem}", "", 1),
		"missing.yaml": strings.Replace(fmt.Sprintf(text, "messages: {file: none.json}\n"), ", tls: {ca: ca.pem}", "", 1),
		"broken.yaml":  strings.Replace(fmt.Sprintf(text, "messages: '{}'\n"), "ca.pem", "broken.pem", 1),
	})
	for file, want := range map[string]string{
		"ca.yaml": "ca.pem", "rows.yaml": "empty.csv: it has no rows", "missing.yaml": "none.json", "broken.yaml": "broken.pem",
	} {
		if o := s.rtbench("scenario", "validate", file).wantCode(104); !strings.Contains(o.Stderr, want) {
			t.Errorf("%s: %s\nwant %s", file, o.Stderr, want)
		}
	}
}

// quick and ci keep a threshold's windows: the example of the README can hold.
func TestProfilesKeepWindows(t *testing.T) {
	t.Parallel()
	const example = `name: ticker
protocols: [websocket]
pattern: fanout
load: {rate: 100/s, connections: 20}
payload: {size: 256, encoding: text}
phases: {warmup: 1s, steady: 10s}
repetitions: 6
thresholds:
  - lost == 0
  - {that: p(99) < 20s, window: 500ms, after: 1s, abort: true}
`
	s := newSession(t, map[string]string{"ticker.yaml": example})
	for _, flags := range []string{"--quick", "--profile quick", "--profile ci --set repetitions=1"} {
		o := s.rtbench(append(strings.Fields("run ticker.yaml --quiet --out"), append([]string{strings.ReplaceAll(flags, " ", "")}, strings.Fields(flags)...)...)...)
		if want := "scenario ticker: the steady phase takes 1.5s, not "; !strings.Contains(o.Stderr, want) {
			t.Errorf("%s: %s\nwant %s", flags, o.Stderr, want)
		}
		for _, c := range o.result(strings.ReplaceAll(flags, " ", "")).Cells {
			for _, h := range c.Repetitions[0].Thresholds {
				if !h.Holds {
					t.Errorf("%s, %s: %s does not hold: %s", flags, c.ID, h.Text, h.Error)
				}
			}
		}
	}
	o := s.rtbench("scenario", "validate", "ticker.yaml", "--profile", "ci").wantCode(0)
	if !strings.Contains(o.Stdout, "the steady phase takes 1.5s, not 1s, as the threshold `p(99) < 20s in each 500ms after 1s` needs that much") {
		t.Error(o.Stdout)
	}
	o = s.rtbench("scenario", "validate", "ticker.yaml", "--set", "phases.steady=1s").wantCode(104)
	if !strings.Contains(o.Stderr, "ticker.yaml:10:33: thresholds[1]: no window of 500ms after 1s lies in the steady phase of 1s") {
		t.Error(o.Stderr)
	}
}

// A template action in what is the same for every stream is refused by each command, with its
// place; braces that a URL really has are percent-encoded, and a variable may hold them.
func TestTemplatesOutsideOfMessages(t *testing.T) {
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
		{"scenario validate path.yaml", "path.yaml:1:21: target.websocket: a template action"},
		{"run path.yaml", "path.yaml:1:21: target.websocket: a template action"},
		{"scenario validate post.yaml", "post.yaml:1:50: target.sse.post: a template action"},
		{"scenario validate header.yaml", "header.yaml:3:19: target.headers.X-Id: a template action"},
		{"scenario validate query.yaml", "query.yaml:3:21: target.query.room: a template action"},
		{"scenario validate good.yaml --set target.websocket=ws://h/{{.Stream}}", "target.websocket: a template action"},
		{"run good.yaml --target ws://h/{{.Stream}}", "--target \"ws://h/{{.Stream}}\": a template action"},
		{"bench ws://127.0.0.1:9/{{.Stream}}", "URL: a template action"},
		{"bench ws://127.0.0.1:9/ --header X:{{.Stream}}", "--header X: a template action"},
		{"bench ws://127.0.0.1:9/ --query a={{.Stream}}", "--query a: a template action"},
		{"bench http://127.0.0.1:9/ --post http://127.0.0.1:9/{{.Stream}}", "--post: a template action"},
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
