//go:build !nofleet

package fleet

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"rtbench/internal/testrun"
	"rtbench/loadgen"
	"rtbench/proto/clock"
	"rtbench/scenarios"
)

// Agents share rooms. One of them has another clock, so the times of messages between it and the others are apart,
// and nothing is lost or counted twice. The reading of one agent holds for all with its clock. As the other clock is
// wrong, messages from it seem to be late, which is a finding if a busy machine has left enough independent ones.
func TestRoomsOnAgents(t *testing.T) {
	t.Parallel()
	const ahead, wrong = 1000 * time.Second, time.Second
	c, s := startCoordinator(t, nil), startServer(t)
	c.clock, c.clockID = func() int64 { return clock.Now() + int64(ahead) }, "planted"
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-0", Run: runBehind(ahead)})
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-1", Run: runBehind(ahead)})
	startAgent(t, &Agent{Bus: c.bus, Name: "stranger", clock: clock.Now, clockID: "another", Run: runBehind(ahead - wrong)})
	gather(t, c, 3)
	sc := parse(t, `{name: x, target: %q, protocols: websocket, rooms: 2, phases: {connect: 2s, warmup: 100ms, steady: 1s, drain: 60s},
		groups: {speakers: {pattern: echo, load: {rate: 600/s, connections: 6}}, listeners: {deliver: {from: speakers}, load: {connections: 6}}}}`, s.Info().Control)
	res, err := loadgen.Run(t.Context(), loadgen.Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c})
	if err != nil {
		t.Fatal(err)
	}
	spoken, heard := res.Cells[0].Repetitions[0], res.Cells[1].Repetitions[0]
	if n := spoken.Counters; spoken.Error != "" || n.Recorded != 600 || n.Failed > 0 {
		t.Fatalf("%s: %+v", spoken.Error, n)
	}
	// Each agent has a speaker and a listener in each room: of nine pairs, four have two agents with one of
	// them the stranger.
	if n := heard.Counters; n.Published != 600 || n.Recorded != 1800 || n.Failed+n.Duplicates > 0 || heard.Between().Count() != 800 || heard.Response.Count() != 1000 {
		t.Errorf("%d times of %+v", heard.Response.Count(), n)
	}
	if longest := max(heard.Response.Max(), heard.Between().Max()); longest > 5*time.Minute {
		t.Errorf("the longest delivery took %v", longest)
	}
	if a, b := heard.Agents[0].Clock, heard.Agents[1].Clock; a == nil || b == nil || *a != *b || a.Bound <= 0 {
		t.Errorf("two agents with one clock agree with the coordinator's by %+v and %+v", a, b)
	}
	for _, a := range heard.Agents[:2] {
		known := a.Clock.Bound + heard.Agents[2].Clock.Bound
		if soonest := a.Between.Quantile(0); soonest < wrong*999/1000-known {
			t.Errorf("agent %s received a message of the other clock after %v, which is wrong by %v within %v", a.Name, soonest, wrong, known)
		}
	}
	found := strings.Contains(strings.Join(heard.Validity.Reasons(), "\n"), "agent agent-0 received messages from agents with other clocks ")
	if independent := heard.Independent(50); independent >= 60 && heard.Response.Max() < wrong/2 && !found {
		t.Errorf("%d independent messages, and no finding: %v", independent, heard.Validity.Reasons())
	}
	stats, all := s.Stats(), spoken.AllPhases()
	if all.Sent != stats.MessagesReceived || all.Recorded+heard.AllPhases().Recorded != stats.MessagesSent {
		t.Errorf("the server received %d and sent %d, the agents sent %d and received %d + %d",
			stats.MessagesReceived, stats.MessagesSent, all.Sent, all.Recorded, heard.AllPhases().Recorded)
	}
}

// The times of a trace travel to the agents, which send each message once.
func TestTraceTravels(t *testing.T) {
	t.Parallel()
	c, s := startCoordinator(t, nil), startServer(t)
	startAgents(t, c, 2)
	dir := t.TempDir()
	trace := filepath.Join(dir, "times.csv")
	if err := os.WriteFile(trace, []byte("0\n0\n0.1\n0.15\n0.15\n0.15\n0.4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sc, err := scenarios.Parse(filepath.Join(dir, "f.yaml"), fmt.Appendf(nil,
		"{name: x, target: %q, protocols: websocket, pattern: echo, load: {trace: times.csv, connections: 3}, phases: {connect: 2s, warmup: 100ms, drain: 60s}}", s.Info().Control))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(trace); err != nil {
		t.Fatal(err)
	}
	r := run(t.Context(), t, c, sc, nil)
	if n := r.Counters; r.Error != "" || n.Planned != 7 || n.Recorded != 7 || n.Failed > 0 {
		t.Errorf("%s: %+v", r.Error, n)
	}
}

// A roomServer sends each message of a client to all others, and counts those with data.
type roomServer struct {
	mu       sync.Mutex
	clients  map[*websocket.Conn]bool
	received int
}

func (s *roomServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	s.mu.Lock()
	s.clients[c] = true
	s.mu.Unlock()
	for {
		kind, b, err := c.Read(r.Context())
		s.mu.Lock()
		if err != nil {
			delete(s.clients, c)
			s.mu.Unlock()
			return
		}
		if strings.Contains(string(b), "data") {
			s.received++
		}
		for other := range s.clients {
			if other != c {
				_ = other.Write(r.Context(), kind, b) // its own reader sees the error
			}
		}
		s.mu.Unlock()
	}
}

// Listeners of a custom target know the messages of speakers on all agents by their headers, also those that a
// machine with another clock has stamped.
func TestCustomRoomOnAgents(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	rooms := &roomServer{clients: map[*websocket.Conn]bool{}}
	web := httptest.NewServer(rooms)
	t.Cleanup(web.Close)
	c := startCoordinator(t, nil)
	c.clock, c.clockID = func() int64 { return clock.Now() + int64(time.Hour) }, "planted"
	startAgents(t, c, 2)
	startAgent(t, &Agent{Bus: c.bus, Name: "stranger", clock: clock.Now, clockID: "another"})
	gather(t, c, 3)
	sc := parse(t, `
name: x
target: {websocket: 'ws%s/room'}
phases: {connect: 2s, warmup: 100ms, steady: 1s, drain: 60s}
groups:
  speakers:
    pattern: echo
    load: {rate: 300/s, connections: 3}
    messages: '{"from":{{.Stream}},"data":{"header":"{{.Header}}"}}'
    match: none
  listeners:
    deliver: {from: speakers, field: data.header}
    load: {connections: 3}
    steps: [{send: '{"hello":{{.Stream}}}'}]
`, strings.TrimPrefix(web.URL, "http"))
	res, err := loadgen.Run(t.Context(), loadgen.Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c})
	if err != nil {
		t.Fatal(err)
	}
	spoken, heard := res.Cells[0].Repetitions[0], res.Cells[1].Repetitions[0]
	if n := heard.Counters; spoken.Error+heard.Error != "" || n.Published != 300 || n.Planned != 900 || n.Recorded != 900 || n.Failed+n.Duplicates+n.Corrupt > 0 {
		t.Errorf("%s%s: %+v", spoken.Error, heard.Error, n)
	}
	if between := heard.Between(); between.Count() != 400 || heard.Response.Count() != 500 || max(between.Max(), heard.Response.Max()) > 5*time.Minute {
		t.Errorf("%d times of two clocks, and %d of one, of at most %v and %v", between.Count(), heard.Response.Count(), between.Max(), heard.Response.Max())
	}
	rooms.mu.Lock()
	defer rooms.mu.Unlock()
	if sent := spoken.AllPhases().Sent; uint64(rooms.received) != sent {
		t.Errorf("the agents sent %d messages, the server received %d", sent, rooms.received)
	}
}
