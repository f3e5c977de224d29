//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

const chatRequest = `{"model":"%s","stream":true,"max_tokens":8,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"{{.Row.prompt}}"}]}`

// chatScenario is a scenario of chat completions by a model.
func chatScenario(t *testing.T, s *thirdparty.Server, model string) string {
	t.Helper()
	rows := filepath.Join(t.TempDir(), "prompts.jsonl")
	if err := os.WriteFile(rows, []byte(`{"prompt":"why \"is\" the sky blue?\n"}`+"\n"+`{"prompt":"tell me a joke"}`+"\n"+`{"prompt":"ä"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`
target: {sse: %s}
messages: '%s'
rows: %q
end: '[DONE]'
token_count: usage.completion_tokens
ignore: [{field: 'choices[0].delta.role'}, {field: usage}]
expect: {field: 'choices[0].delta.content', contains: token}
load: {rate: 100/s, arrivals: poisson, connections: 30}
`, s.URL("http", "/v1/chat/completions"), fmt.Sprintf(chatRequest, model), rows)
}

// runAnswers runs a scenario with pattern generate.
func runAnswers(t *testing.T, text string) *result.Repetition {
	t.Helper()
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{parse(t, "name: answers\npattern: generate\nphases: {warmup: 200ms, steady: 800ms}\n"+text)}})
	if err != nil {
		t.Fatal(err)
	}
	rep := res.Cells[0].Repetitions[0]
	if rep.Error != "" || rep.Answers == nil {
		t.Fatalf("error %q, answers %+v", rep.Error, rep.Answers)
	}
	return rep
}

// checkAnswers checks that all answers had that many tokens and ended well.
func checkAnswers(t *testing.T, rep *result.Repetition, tokens uint64) {
	t.Helper()
	a, n := rep.Answers, rep.Counters
	if a.Requests == 0 || a.Ended != a.Requests || a.Tokens != a.Requests*tokens || n.Failed+n.Unmatched+n.Surplus+n.Duplicates+n.OutOfOrder > 0 {
		t.Errorf("%+v, counters %+v", a, n)
	}
	requests := int64(a.Requests)
	if a.First.Count() != requests || a.Whole.Count() != requests || a.PerToken.Count() != requests || a.Between.Count() != requests*int64(tokens-1) {
		t.Errorf("%d first, %d whole, %d per token, %d between", a.First.Count(), a.Whole.Count(), a.PerToken.Count(), a.Between.Count())
	}
}

// Chat completions are counted at both ends alike, and each prompt is asked equally often.
func TestChatCompletions(t *testing.T) {
	t.Parallel()
	s := thirdparty.Start(t, "fastapi")
	rep := runAnswers(t, chatScenario(t, s, "m"))
	n, a := rep.Counters, rep.Answers
	n.Unmatched = 0 // the chunk with the role and that with the usage
	rep.Counters = n
	checkAnswers(t, rep, 8)
	l := s.Ledger(t)
	route := l.Routes["/v1/chat/completions"]
	if n.AllSent != uint64(route.Received) || n.AllReceived != uint64(route.Sent) || route.Closed["end"] != route.Received {
		t.Errorf("the client sent %d and received %d, the server: %+v", n.AllSent, n.AllReceived, route)
	}
	if a.Reported != a.Tokens {
		t.Errorf("%d tokens, %d by the server's count", a.Tokens, a.Reported)
	}
	least, most := route.Received, 0
	for _, prompt := range []string{"why \"is\" the sky blue?\n", "tell me a joke", "ä"} {
		least, most = min(least, l.Kinds[prompt]), max(most, l.Kinds[prompt])
	}
	if most-least > 1 || len(l.Kinds) != 3 {
		t.Errorf("prompts: %v", l.Kinds)
	}
}

// Answers that do not end well are counted by their kind, and each fails one message.
func TestChatCompletionsThatFail(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]struct {
		class  string
		of     func(*result.Answers) uint64
		tokens uint64 // of each
	}{
		"cuts":    {"answer cut off", func(a *result.Answers) uint64 { return a.CutOff }, 4},
		"forgets": {"answer cut off", func(a *result.Answers) uint64 { return a.CutOff }, 8},
		"busy":    {"HTTP status 429", func(a *result.Answers) uint64 { return a.Refused }, 0},
	} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			s := thirdparty.Start(t, "fastapi")
			rep := runAnswers(t, chatScenario(t, s, model))
			a, n := rep.Answers, rep.Counters
			if got := want.of(a); a.Requests == 0 || got != a.Requests || a.Ended > 0 || a.Tokens != want.tokens*a.Requests {
				t.Errorf("%+v", a)
			}
			if n.Unexpected[want.class] != a.Requests || n.Failed != a.Requests {
				t.Errorf("%d failed, %v", n.Failed, n.Unexpected)
			}
			if asked := a.RetryAfter.Seconds(); (model == "busy") != (asked == 7) {
				t.Errorf("Retry-After of %v s", asked)
			}
			if l := s.Ledger(t); n.AllSent != uint64(l.Routes["/v1/chat/completions"].Received) {
				t.Errorf("the client sent %d, the server received %+v", n.AllSent, l.Routes)
			}
		})
	}
}

// Requests follow one another on a WebSocket, each answered until the end mark. A connection that breaks
// cuts one answer off and is opened again.
func TestAnswersOverWebSocket(t *testing.T) {
	t.Parallel()
	const text = `
target: {websocket: %s}
messages: '{"id":{{.RequestNumber}},"prompt":"%s","tokens":8}'
end: {field: done, is: true}
load: {rate: 60/s, connections: 12}
`
	s := thirdparty.Start(t, "node-ws")
	rep := runAnswers(t, fmt.Sprintf(text, s.URL("ws", "/generate"), "hello"))
	checkAnswers(t, rep, 8)
	if l := s.Ledger(t); rep.Counters.AllReceived != uint64(l.Sent) || rep.Counters.AllSent != uint64(l.Received) || l.Connections != 12 {
		t.Errorf("the client sent %d and received %d, the server: %+v", rep.Counters.AllSent, rep.Counters.AllReceived, l.Counts)
	}
	broken := thirdparty.Start(t, "node-ws")
	rep = runAnswers(t, fmt.Sprintf(text, broken.URL("ws", "/generate"), "die"))
	if a := rep.Answers; a.CutOff == 0 || a.CutOff+a.Unasked != a.Requests || a.Tokens != 4*a.CutOff || rep.Counters.Unexpected["answer cut off"] != a.CutOff {
		t.Errorf("%+v, %v", a, rep.Counters.Unexpected)
	}
}

// A server-streaming call is a request with its answer, which ends with the call.
func TestAnswersOverGRPC(t *testing.T) {
	t.Parallel()
	for _, server := range []string{"node-grpc", "grpcio"} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			s := thirdparty.Start(t, server)
			rep := runAnswers(t, fmt.Sprintf(`
target: {grpc: {url: %s, proto: [chat/v1/chat.proto], import: [%q]}}
messages: {json: {count: 8}}
load: {rate: 60/s, connections: 2, streams: 10}
`, s.URL("grpc", "/chat.v1.Chat/Watch"), s.Proto))
			checkAnswers(t, rep, 8)
			if l := s.Ledger(t).Routes["/chat.v1.Chat/Watch"]; rep.Counters.AllReceived != uint64(l.Sent) || rep.Counters.AllSent != uint64(l.Received) {
				t.Errorf("the client sent %d and received %d, the server: %+v", rep.Counters.AllSent, rep.Counters.AllReceived, l)
			}
		})
	}
}

// Conditions on answers are evaluated for each repetition.
func TestThresholdsOfAnswers(t *testing.T) {
	t.Parallel()
	rep := runOne(t, Options{Server: withFault(t, "")}, `
name: answers
protocols: tcp
pattern: generate
tokens: {count: 3, first: 10ms, every: 5ms}
load: {rate: 40/s, connections: 20}
phases: {warmup: 200ms, steady: 800ms}
thresholds: [ttft(50) < 30s, answer(50) < 30s]
`)
	for i, least := range []float64{10e6, 20e6} { // the server never sends a token before its time
		if o := rep.Thresholds[i]; !o.Holds || len(o.Observed) != 1 || float64(o.Observed[0].Value) < least || o.Observed[0].Unit != "ns" {
			t.Errorf("%+v, want at least %v", o, least)
		}
	}
}

// The ledger of a reference server's tokens is exact over every stack, also when it loses some.
func TestAnswersOfReferenceServers(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, stack := range proto.Stacks {
		for _, fault := range []string{"", "lose=5"} {
			t.Run(strings.TrimSuffix(stack.Protocol+"/"+stack.Name+"/"+fault, "/"), func(t *testing.T) {
				t.Parallel()
				text := overStack(stack) + "tokens: {count: 10, first: 10ms, every: 5ms}\nload: {rate: 40/s, arrivals: poisson, connections: 20}\npayload: {encoding: text}\n"
				res, err := Run(context.Background(), Options{
					Scenarios: []*scenarios.Scenario{parse(t, "name: answers\npattern: generate\nphases: {warmup: 200ms, steady: 800ms}\n"+text)},
					Server:    withFault(t, fault),
				})
				if err != nil {
					t.Fatal(err)
				}
				rep := res.Cells[0].Repetitions[0]
				if rep.Error != "" {
					t.Fatal(rep.Error)
				}
				if fault == "" {
					checkAnswers(t, rep, 10)
					return
				}
				n := rep.Counters
				if lost := n.Due - n.Recorded; n.Due == 0 || n.Lost != lost || 5*lost < n.Due-n.Due/10 || 5*lost > n.Due+n.Due/10 {
					t.Errorf("%+v", n)
				}
			})
		}
	}
}
