//go:build !nofleet

package fleet

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go"

	"rtbench/loadgen"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// An echoServer is a custom target that knows each sender's messages.
type echoServer struct {
	mu    sync.Mutex
	users map[string]int // messages by the user that they name
	keys  map[string]bool
}

func (e *echoServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.keys[r.Header.Get("Authorization")] = true
	e.mu.Unlock()
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		kind, b, err := c.Read(r.Context())
		if err != nil {
			return
		}
		user, _, _ := strings.Cut(strings.TrimPrefix(string(b), `{"user":"`), `"`)
		e.mu.Lock()
		e.users[user]++
		e.mu.Unlock()
		if c.Write(r.Context(), kind, b) != nil {
			return
		}
	}
}

// openCustom writes a scenario with files for an echo server and opens it.
func openCustom(t *testing.T, e *echoServer, more string) *scenarios.Scenario {
	t.Helper()
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"base.yaml": "phases: {connect: 2s, warmup: 100ms, steady: 1s, drain: 5s}\nload: {rate: 300/s, connections: 6}\n",
		"f.yaml": "name: f\ninclude: [base.yaml]\ntarget: {websocket: 'ws" + strings.TrimPrefix(s.URL, "http") + "/x'" + more +
			"}\npattern: echo\nrows: users.csv\nmessages: {file: message.json}\nmatch: {field: id}\n",
		"users.csv":    "name\nann\nbob\ncid\ndan\neve\nfay\n",
		"message.json": `{"user":"{{.Row.name}}","id":{{.RequestNumber}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sc, err := scenarios.OpenWith(filepath.Join(dir, "f.yaml"), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		t.Fatal(err)
	}
	// From now on only what travels is there.
	for _, name := range []string{"base.yaml", "f.yaml"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return sc
}

// A scenario travels with the files that it names and includes, each stream has its row, and the secret that
// all agents use is in no message to them.
func TestScenarioTravelsWithoutSecrets(t *testing.T) {
	t.Parallel()
	const secret = testSecret
	e := &echoServer{users: map[string]int{}, keys: map[string]bool{}}
	sc := openCustom(t, e, ", bearer: {env: "+testSecretVariable+"}")
	c := startCoordinator(t, nil)
	spy, err := c.bus.connect(t.Context(), "spy", func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	defer spy.Close()
	var mu sync.Mutex
	seen, leaked := 0, ""
	if _, err := spy.Subscribe(">", func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		if seen++; bytes.Contains(m.Data, []byte(secret)) {
			leaked = m.Subject
		}
	}); err != nil {
		t.Fatal(err)
	}
	startAgents(t, c, 3)
	r := run(t.Context(), t, c, sc, nil)
	if r.Error != "" || r.Counters.Recorded != 300 || r.Counters.Failed > 0 {
		t.Fatalf("error %q, %+v", r.Error, r.Counters)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.users) != 6 || len(e.keys) != 1 || !e.keys["Bearer "+secret] {
		t.Errorf("users %v, keys %v", e.users, e.keys)
	}
	for user, n := range e.users {
		if n != 55 { // 50 in the steady phase, 5 in the warm-up
			t.Errorf("user %s sent %d messages, not 55", user, n)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if seen == 0 || leaked != "" {
		t.Errorf("%d messages seen; the secret is in %q", seen, leaked)
	}
}

// An agent runs no command that a scenario names, unless it is allowed to.
func TestCommandsNeedPermission(t *testing.T) {
	t.Parallel()
	e := &echoServer{users: map[string]int{}, keys: map[string]bool{}}
	sc := openCustom(t, e, ", bearer: {command: [echo, token]}")
	c := startCoordinator(t, nil)
	startAgent(t, &Agent{Bus: c.bus, Name: "careful"})
	startAgent(t, &Agent{Bus: c.bus, Name: "trusting", AllowCommands: true})
	gather(t, c, 2)
	r := run(t.Context(), t, c, sc, nil)
	checkNotBegun(t, r, "agent careful: scenario f runs a command for its bearer token (echo); start the agent with --allow-commands to permit that")
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users["ann"] > 0 {
		t.Error("an agent sent messages although another one could not")
	}
}

// checkNotBegun checks that a repetition did not begin for a reason, which is not the server's failure.
func checkNotBegun(t *testing.T, r *result.Repetition, reason string) {
	t.Helper()
	v := r.Validity
	if r.Error != reason || !r.NotBegun || v.Verdict != result.NotGenerated || len(v.Findings) != 1 || v.Findings[0].Reason != "the load was not generated as planned: "+reason || r.Counters.Unopened > 0 {
		t.Errorf("error %q, want %q; findings %+v", r.Error, reason, v.Findings)
	}
}

// Secrets do not travel: an agent without the file of a token cannot begin, which is not the server's failure.
func TestSecretFileMissingOnAnAgent(t *testing.T) {
	t.Parallel()
	e := &echoServer{users: map[string]int{}, keys: map[string]bool{}}
	there := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(there, []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	sc := openCustom(t, e, fmt.Sprintf(", bearer: {file: %q}", there))
	c := startCoordinator(t, nil)
	startAgent(t, &Agent{Bus: c.bus, Name: "with"})
	startAgent(t, &Agent{Bus: c.bus, Name: "without", Run: func(ctx context.Context, task loadgen.Task, note func(result.Status, []loadgen.Delta)) *loadgen.Part {
		task.Scenario.Custom.Bearer.File = there + ".missing"
		return loadgen.RunShare(ctx, task, note)
	}})
	gather(t, c, 2)
	checkNotBegun(t, run(t.Context(), t, c, sc, nil), "agent without: bearer.file: open "+there+".missing: no such file or directory")
}
