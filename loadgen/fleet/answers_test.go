//go:build !nofleet

package fleet

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/server"
)

// checkAnswers checks that all answers had that many tokens and ended well.
func checkAnswers(t *testing.T, r *result.Repetition, requests, tokens uint64) {
	t.Helper()
	a := r.Answers
	if r.Error != "" || a == nil {
		t.Fatalf("error %q, answers %+v", r.Error, a)
	}
	if n := r.Counters; a.Requests != requests || a.Ended != requests || a.Tokens != requests*tokens || n.Failed+n.Surplus+n.Duplicates+n.OutOfOrder+n.Corrupt+n.ErrorCount() > 0 {
		t.Errorf("%+v, counters %+v", a, n)
	}
	if n := int64(requests); a.First.Count() != n || a.Whole.Count() != n || a.PerToken.Count() != n || a.Between.Count() != n*int64(tokens-1) {
		t.Errorf("of %d requests: %d first, %d whole, %d per token, %d between", n, a.First.Count(), a.Whole.Count(), a.PerToken.Count(), a.Between.Count())
	}
}

// The tokens of all agents are those that the server sent, exactly, over a stream for each connection and for each
// request.
func TestAnswersOnAgents(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, protocol := range []string{"websocket", "sse", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			c, s := startCoordinator(t, nil), startServer(t)
			startAgents(t, c, 3)
			r := run(t.Context(), t, c, parse(t, `{name: x, target: %q, protocols: %s, pattern: generate, tokens: {count: 10, first: 10ms, every: 5ms},
				load: {rate: 40/s, connections: 40}, payload: {encoding: text}, phases: {connect: 1s, warmup: 100ms, steady: 1s, drain: 60s}}`, s.Info().Control, protocol), nil)
			checkAnswers(t, r, 40, 10)
			sent := s.Stats().MessagesSent
			if protocol == "websocket" {
				sent -= 44 // end marks
			}
			if all := r.AllPhases(); sent != 440 || all.Recorded != 440 || r.Counters.Planned != r.Counters.Recorded {
				t.Errorf("the agents received %d tokens of %d, and the server sent %d", all.Recorded, all.Planned, sent)
			}
		})
	}
}

// Tokens that a server loses are lost in the sum of all agents.
func TestLostTokensOnAgents(t *testing.T) {
	t.Parallel()
	s, err := server.Start(server.Config{Fault: "lose=5"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c := startCoordinator(t, nil)
	startAgents(t, c, 3)
	r := run(t.Context(), t, c, parse(t, `{name: x, target: %q, protocols: sse, pattern: generate, tokens: {count: 10, first: 10ms, every: 5ms},
		load: {rate: 40/s, connections: 40}, phases: {connect: 1s, warmup: 100ms, steady: 1s, drain: 1s}}`, s.Info().Control), nil)
	n, all := r.Counters, r.AllPhases()
	if sent := s.Stats().MessagesSent; r.Error != "" || n.Lost == 0 || n.Recorded+n.Lost != n.Due || all.Due != 440 || all.Recorded != sent || all.Lost != 440-sent {
		t.Errorf("error %q, %+v, in all phases %+v; the server sent %d tokens", r.Error, n, all, sent)
	}
}

// A model answers each request with three tokens and an end mark, and counts the prompts.
type model struct {
	mu      sync.Mutex
	prompts map[string]int
	ids     map[int]int
}

// answer returns the answer to a request.
func (m *model) answer(b []byte) []string {
	var in struct {
		ID     int    `json:"id"`
		Prompt string `json:"prompt"`
	}
	if json.Unmarshal(b, &in) != nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prompts[in.Prompt]++
	m.ids[in.ID]++
	return []string{`{"token":"a"}`, `{"token":"b"}`, `{"token":"c"}`, `{"done":true}`}
}

// Agents together ask each prompt equally often and number the requests as one generator does, also if they have
// different numbers of connections.
func TestPromptsOnAgents(t *testing.T) {
	t.Parallel()
	m := &model{prompts: map[string]int{}, ids: map[int]int{}}
	file := filepath.Join(t.TempDir(), "prompts.csv")
	if err := os.WriteFile(file, []byte("prompt\nwhy\nhow\nwho\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startCoordinator(t, nil)
	startAgents(t, c, 3)
	r := run(t.Context(), t, c, parse(t, `
name: x
target: {websocket: '%s'}
pattern: generate
messages: '{"id":{{.RequestNumber}},"prompt":"{{.Row.prompt}}"}'
rows: %q
end: {field: done, is: true}
load: {rate: 210/s, connections: 7}
phases: {connect: 1s, warmup: 0s, steady: 1s, drain: 60s}
`, startWebSocket(t, m.answer), file), nil)
	checkAnswers(t, r, 210, 3)
	m.mu.Lock()
	defer m.mu.Unlock()
	if want := map[string]int{"why": 70, "how": 70, "who": 70}; fmt.Sprint(m.prompts) != fmt.Sprint(want) {
		t.Errorf("prompts %v, want %v", m.prompts, want)
	}
	for id := range 210 {
		if m.ids[id] != 1 {
			t.Errorf("%d requests have number %d", m.ids[id], id)
		}
	}
}

// Users on all agents are those of one generator: each asks again after its answer, no two requests have the same number,
// and the tokens are those that the server sent.
func TestUsersOnAgents(t *testing.T) {
	t.Parallel()
	m := &model{prompts: map[string]int{}, ids: map[int]int{}}
	c := startCoordinator(t, nil)
	startAgents(t, c, 3)
	const load = "load: {model: closed, think: 'uniform(10ms, 50ms)', connections: 7}, phases: {connect: 1s, warmup: 100ms, steady: 500ms, drain: 60s}}"
	r := run(t.Context(), t, c, parse(t, `{name: x, target: {websocket: '%s'}, pattern: generate, messages: '{"id":{{.RequestNumber}}}', end: {field: done, is: true}, `+load,
		startWebSocket(t, m.answer)), nil)
	checkAnswers(t, r, r.Answers.Requests, 3)
	m.mu.Lock()
	if all := r.Counters.AllSent; r.Answers.Requests == 0 || len(m.ids) != int(all) || m.prompts[""] != int(all) {
		t.Errorf("%d requests were sent; the server received %d with %d numbers", all, m.prompts[""], len(m.ids))
	}
	m.mu.Unlock()
	s := startServer(t)
	r = run(t.Context(), t, c, parse(t, `{name: x, target: %q, protocols: sse, pattern: generate, tokens: {count: 10, first: 10ms, every: 5ms}, payload: {encoding: text}, `+load, s.Info().Control), nil)
	checkAnswers(t, r, r.Answers.Requests, 10)
	if all, sent := r.AllPhases(), s.Stats().MessagesSent; sent == 0 || sent != all.Recorded || all.Due != sent {
		t.Errorf("the agents received %d tokens of %d, and the server sent %d", all.Recorded, all.Due, sent)
	}
}
