//go:build linux

package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// otherSchema declares different field types for Event and Answer than the server.
const otherSchema = `syntax = "proto3";
package chat.v1;
service Chat {
  rpc Ask(Question) returns (Answer);
  rpc Watch(WatchRequest) returns (stream Event);
  rpc Talk(stream Question) returns (stream Answer);
}
message WatchRequest { uint32 count = 1; }
message Event { string n = 1; int64 ts = 2; }
message Question { uint64 id = 1; string text = 2; }
message Answer { uint64 id = 1; uint32 text = 2; }
`

// Messages that do not match the schema are failures, for every kind of method.
func TestMessagesOfAnotherSchema(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "grpcio")
	const question = "messages: '{\"id\":{{.RequestNumber}},\"text\":\"a\"}'\n"
	for method, sc := range map[string]scenario{
		"Watch": {pattern: "push", load: "connections: 2", more: "messages: '{}'"},
		"Ask":   {load: "rate: 50/s, connections: 2", more: question},
		"Talk":  {load: "rate: 50/s, connections: 2", more: question + "match: {field: id}"},
	} {
		t.Run(method, func(t *testing.T) {
			s := newSession(t, map[string]string{"other.proto": otherSchema})
			sc.target = fmt.Sprintf("grpc: {url: %q, proto: other.proto}", server.URL("grpc", "/chat.v1.Chat/"+method))
			sc.phases = "warmup: 0s, steady: 500ms, drain: 2s"
			r, o := s.measure(sc)
			n := r.AllPhases()
			wrong, most := uint64(0), uint64(0)
			if method == "Watch" {
				most = 2 // a number 0 is not encoded and so matches
			}
			for class, count := range n.Unexpected {
				if strings.HasPrefix(class, "cannot be decoded as chat.v1.") {
					wrong += count
				}
			}
			if wrong == 0 || n.Recorded > most || r.Counters.Failed == 0 || method != "Watch" && r.Counters.ErrorReplies != 25 {
				t.Errorf("%+v\n%s", n, o.Stdout)
			}
			if !strings.Contains(o.Stdout, "not of the schema's type") {
				t.Errorf("no reason is shown:\n%s", o.Stdout)
			}
		})
	}
}

// A condition on a whole gRPC message applies to its JSON, in steps too.
func TestConditionsOnGRPCMessages(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "grpcio")
	for expect, good := range map[string]bool{
		`{contains: '"text":"hello"'}`: true, `{matches: '"text":"h[a-z]+","ts":"[0-9]+"'}`: true, `{field: $, contains: hello}`: true,
		`{contains: '"text":"bye"'}`: false, `{matches: '^\\x08'}`: false,
	} {
		t.Run(expect, func(t *testing.T) {
			r, o := newSession(t, nil).measure(scenario{
				target: chatTarget(server, "Talk"), load: "rate: 50/s, connections: 1", phases: "warmup: 0s, steady: 500ms, drain: 5s",
				more: `steps: [{send: '{"text":"hi"}'}, {wait: {contains: '"text":"hi"', within: 3s}}, load]
messages: '{"id":{{.RequestNumber}},"text":"hello"}'
match: {field: id}
expect: ` + expect,
			})
			if n := r.Counters; good && n.Recorded != 25 || !good && n.ErrorReplies != 25 || n.Lost > 0 {
				t.Errorf("%+v\n%s", n, o.Stdout)
			}
		})
	}
}

// A step that sends to a server-streaming method, or waits on a client-streaming one, is
// rejected: by validate with .proto files, and before the first message with reflection.
func TestStepsUnsupportedByTheMethod(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-grpc") // supports reflection
	const text = `name: t
target: {grpc: {url: %q%s}}
pattern: %s
messages: '{}'
steps: [%s, load]
%s`
	byFiles := fmt.Sprintf(", proto: [chat/v1/chat.proto], import: [%q]", server.Proto)
	for _, c := range []struct{ method, pattern, step, load, want string }{
		{"Watch", "push", `{subscribe: '{"count": 3}'}`, "", "t.yaml:5: steps: subscribe, but chat.v1.Chat/Watch is server streaming: a call has only one request"},
		{"Watch", "push", `{send: '{}'}`, "", "t.yaml:5: steps: send, but"},
		{"Collect", "upload", `{wait: {field: id}}`, "load: {rate: 10/s}\n", "t.yaml:5: steps: wait, but chat.v1.Chat/Collect is client streaming: it replies once"},
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
		s.rtbench("scenario", "validate", "asked.yaml").wantCode(0) // does not connect
	}
	s := newSession(t, nil)
	o := s.rtbench("bench", server.URL("grpc", "/chat.v1.Chat/Watch"), "--subscribe", `{"count":3}`).wantCode(104)
	if !strings.Contains(o.Stderr, "--subscribe: ") || !strings.Contains(o.Stderr, "chat.v1.Chat/Watch is server streaming: a call has only one request") {
		t.Error(o.Stderr)
	}
}
