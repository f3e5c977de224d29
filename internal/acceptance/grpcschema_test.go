//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/loadgen/foreign"
)

// otherSchema has other types for the fields of Event and Answer than the server has.
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

// Messages that the schema cannot decode are failures, whatever the method's kind.
func TestMessagesOfAnotherSchema(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "grpcio")
	for method, rest := range map[string]string{
		"Watch": "pattern: push\nmessages: '{}'\nload: {connections: 2}\n",
		"Ask":   "pattern: echo\nmessages: '{\"id\":{{.RequestNumber}},\"text\":\"a\"}'\nload: {rate: 50/s, connections: 2}\n",
		"Talk":  "pattern: echo\nmessages: '{\"id\":{{.RequestNumber}},\"text\":\"a\"}'\nmatch: {field: id}\nload: {rate: 50/s, connections: 2}\n",
	} {
		t.Run(method, func(t *testing.T) {
			s := newSession(t, map[string]string{"other.proto": otherSchema})
			r, o := s.runScenario(t, `name: schema
target: {grpc: {url: "`+server.URL("grpc", "/chat.v1.Chat/"+method)+`", proto: other.proto}}
`+rest+`phases: {warmup: 0s, steady: 500ms, drain: 2s}
`)
			n := r.Whole()
			wrong, most := uint64(0), uint64(0)
			if method == "Watch" {
				most = 2 // number 0 of each stream is not on the wire, and so of any type
			}
			for class, count := range n.Unexpected {
				if strings.HasPrefix(class, "cannot be decoded as chat.v1.") {
					wrong += count
				}
			}
			if wrong == 0 || n.Recorded > most || r.Counters.Failed == 0 || method != "Watch" && r.Counters.ErrorReplies != 25 {
				t.Errorf("%+v\n%s", n, o.Stdout)
			}
			if !strings.Contains(o.Stdout, "not of the type in the schema") {
				t.Errorf("no reason is shown:\n%s", o.Stdout)
			}
		})
	}
}

// A condition on a whole gRPC message holds of the JSON that is shown, in steps too.
func TestConditionsOnGRPCMessages(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "grpcio")
	for expect, good := range map[string]bool{
		`{contains: '"text":"hello"'}`: true, `{matches: '"text":"h[a-z]+","ts":"[0-9]+"'}`: true, `{field: $, contains: hello}`: true,
		`{contains: '"text":"bye"'}`: false, `{matches: '^\\x08'}`: false,
	} {
		t.Run(expect, func(t *testing.T) {
			s := newSession(t, nil)
			r, o := s.runScenario(t, `name: json
target: {grpc: {url: "`+server.URL("grpc", "/chat.v1.Chat/Talk")+`", proto: chat/v1/chat.proto, import: "`+server.Proto+`"}}
pattern: echo
steps: [{send: '{"text":"hi"}'}, {wait: {contains: '"text":"hi"', within: 3s}}, load]
messages: '{"id":{{.RequestNumber}},"text":"hello"}'
match: {field: id}
expect: `+expect+`
load: {rate: 50/s, connections: 1}
phases: {warmup: 0s, steady: 500ms, drain: 5s}
`)
			if n := r.Counters; good && n.Recorded != 25 || !good && n.ErrorReplies != 25 || n.Lost > 0 {
				t.Errorf("%+v\n%s", n, o.Stdout)
			}
		})
	}
}
