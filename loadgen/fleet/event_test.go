//go:build !nofleet

package fleet

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"rtbench/internal/testrun"
	"rtbench/loadgen"
	"rtbench/proto/clock"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A restartedServer echoes over WebSocket, and drops all connections on a request for /restart.
type restartedServer struct {
	mu       sync.Mutex
	conns    map[*websocket.Conn]bool
	accepted int
	restarts int
}

func (s *restartedServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/restart" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.restarts++
		for c := range s.conns {
			_ = c.CloseNow()
		}
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.accepted++
	s.conns[c] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
		_ = c.CloseNow()
	}()
	for {
		kind, b, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, b) != nil {
			return
		}
	}
}

// The command of an event runs once, at the coordinator. Its effect on the streams of all agents is one storm, whose
// counts are the server's.
func TestCommandOfAnEvent(t *testing.T) {
	t.Parallel()
	var server *restartedServer
	var r *result.Repetition
	for _, seconds := range []int{2, 30} { // longer until all are back, on a busy machine
		server, r = runRestarted(t, seconds)
		if len(r.Storms) == 2 && r.Storms[0].Back.Count() == 5 && r.Storms[1].Back.Count() == 2 {
			break
		}
	}
	if r.Error != "" || len(r.Storms) != 2 {
		t.Fatalf("error %q, storms %+v", r.Error, r.Storms)
	}
	restart, cut := r.Storms[0], r.Storms[1]
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.restarts != 1 || restart.Cut != 5 || restart.Back.Count() != 5 || cut.Cut != 2 || cut.Back.Count() != 2 || server.accepted < 5+5+2 {
		t.Errorf("%d restarts, %d connections accepted; storms %+v", server.restarts, server.accepted, r.Storms)
	}
	if n := r.Counters; n.Recorded+n.Failed != n.Planned || n.Failed != r.Missed.Count() || n.Failed == 0 {
		t.Errorf("missed %+v of %+v", r.Missed, n)
	}
	if r.Validity.Has(result.ServerFailed) {
		t.Errorf("findings %v", r.Validity.Reasons())
	}
}

// runRestarted runs a load on three agents for so many seconds. In the first a command restarts the server, and half way
// through two of five connections are cut.
func runRestarted(t *testing.T, seconds int) (*restartedServer, *result.Repetition) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	server := &restartedServer{conns: map[*websocket.Conn]bool{}}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	sc := parse(t, `
name: x
target: {websocket: 'ws%s/chat'}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 200/s, connections: 5}
events: [{at: 200ms, run: [/usr/bin/env, RTBENCH_TEST=get, %q, %q]}, {at: %dms, disconnect: 40%%}]
reconnect: {policy: fixed, base: 50ms, cap: 50ms}
phases: {connect: 1s, warmup: 100ms, steady: %ds, drain: 5s}
`, strings.TrimPrefix(web.URL, "http"), self, web.URL+"/restart", 500*seconds, seconds)
	c := startCoordinator(t, nil)
	startAgents(t, c, 3)
	return server, run(t.Context(), t, c, sc, nil)
}

// An event whose command fails, fails the repetition.
func TestFailingCommandOfAnEvent(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	c, s := startCoordinator(t, nil), startServer(t)
	sc := parse(t,
		"{name: x, target: %q, protocols: tcp, pattern: echo, load: {rate: 100/s, connections: 2}, events: [{at: 100ms, run: [/bin/sh, -c, 'echo no; exit 3']}], phases: {connect: 1s, warmup: 0s, steady: 3s, drain: 5s}}", s.Info().Control)
	startAgents(t, c, 2)
	if r := run(t.Context(), t, c, sc, nil); r.Error != "event at 100ms: run /bin/sh -c echo no; exit 3: exit status 3: no" || r.Counters.Recorded != 300 {
		t.Errorf("error %q, %d recorded", r.Error, r.Counters.Recorded)
	}
}

// Agents begin to connect by a common plan: a connection of an agent that was late is late.
func TestConnectingByACommonPlan(t *testing.T) {
	t.Parallel()
	const late = 300 * time.Millisecond
	c, s := startCoordinator(t, nil), startServer(t)
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-0"})
	startAgent(t, &Agent{
		Bus: c.bus, Name: "agent-1",
		Run: func(ctx context.Context, task loadgen.Task, note func(result.Status, []loadgen.Delta)) *loadgen.Part {
			<-time.After(time.Duration(task.ConnectAt-clock.Now()) + late)
			return loadgen.RunShare(ctx, task, note)
		},
	})
	gather(t, c, 2)
	sc := parse(t,
		"{name: x, target: %q, protocols: tcp, pattern: echo, load: {rate: 100/s, connections: 6, connect: 600ms}, phases: {connect: 2s, warmup: 0s, steady: 500ms, drain: 5s}}", s.Info().Control)
	r := run(t.Context(), t, c, sc, nil)
	k := r.Connecting
	if r.Error != "" || k == nil || k.Streams != 6 || k.Opened.Count() != 6 {
		t.Fatalf("error %q, connecting %+v", r.Error, k)
	}
	// Connection n is due after n · 100 ms; 1 is the late agent's first.
	if lag := k.Lag.Max(); lag < late-100*time.Millisecond-time.Millisecond {
		t.Errorf("the longest lag is %v", lag)
	}
	if all, known := k.Until(100); !known || all < 500*time.Millisecond {
		t.Errorf("all were open after %v", all)
	}
}

// Events that the coordinator did not begin, because it learned too late that the agents had, are not left out in silence.
func TestEventsThatTheCoordinatorMissed(t *testing.T) {
	t.Parallel()
	c, s := startCoordinator(t, nil), startServer(t)
	startAgents(t, c, 2)
	sc := parse(t,
		"{name: x, target: %q, protocols: tcp, pattern: echo, load: {rate: 100/s, connections: 2}, events: [{at: 100ms, run: ['true']}], phases: {connect: 1s, warmup: 0s, steady: 500ms, drain: 5s}}", s.Info().Control)
	res, err := loadgen.Run(t.Context(), loadgen.Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: lateFleet{c}})
	if err != nil {
		t.Fatal(err)
	}
	r := res.Cells[0].Repetitions[0]
	if r.Error != "the coordinator began 0 of 1 event in time: it, or NATS, was too slow" || r.Validity.Verdict != result.NotGenerated || r.Counters.Recorded != 50 {
		t.Errorf("error %q, findings %v, %d recorded", r.Error, r.Validity.Reasons(), r.Counters.Recorded)
	}
}

// A lateFleet does not tell that the agents have begun.
type lateFleet struct{ *Coordinator }

func (f lateFleet) Run(ctx context.Context, tasks []loadgen.Task, prepare, open time.Duration, _ func(int64), note func(loadgen.Progress)) ([]loadgen.Outcome, []loadgen.Delta, error) {
	return f.Coordinator.Run(ctx, tasks, prepare, open, func(int64) {}, note)
}
