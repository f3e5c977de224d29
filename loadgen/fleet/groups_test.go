//go:build !nofleet

package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rtbench/loadgen"
	"rtbench/proto/clock"
	"rtbench/scenarios"
)

// Agents share rooms. One of them has another clock, so the messages between it and the others are counted
// without times, and nothing is lost or counted twice.
func TestRoomsOnAgents(t *testing.T) {
	t.Parallel()
	const ahead = 1000 * time.Second
	c, s := startCoordinator(t, nil), startServer(t)
	c.clock, c.clockID = func() int64 { return clock.Now() + int64(ahead) }, "planted"
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-0", Run: runBehind(ahead)})
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-1", Run: runBehind(ahead)})
	startAgent(t, &Agent{Bus: c.bus, Name: "stranger", clock: clock.Now, clockID: "another", Run: runBehind(ahead)})
	gather(t, c, 3)
	sc, err := scenarios.Parse("test.yaml", fmt.Appendf(nil, `{name: x, target: %q, protocols: websocket, rooms: 2, phases: {connect: 2s, warmup: 100ms, steady: 1s, drain: 5s},
		groups: {speakers: {pattern: echo, load: {rate: 600/s, connections: 6}}, listeners: {deliver: {from: speakers}, load: {connections: 6}}}}`, s.Info().Control))
	if err != nil {
		t.Fatal(err)
	}
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
	if n := heard.Counters; n.Published != 600 || n.Recorded != 1800 || n.Failed+n.Duplicates > 0 || n.Untimed != 800 || heard.Response.Count() != 1000 {
		t.Errorf("%d times of %+v", heard.Response.Count(), n)
	}
	if heard.Response.Max() > 30*time.Second {
		t.Errorf("the longest delivery took %v", heard.Response.Max())
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
		"{name: x, target: %q, protocols: websocket, pattern: echo, load: {trace: times.csv, connections: 3}, phases: {connect: 2s, warmup: 100ms, drain: 5s}}", s.Info().Control))
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
