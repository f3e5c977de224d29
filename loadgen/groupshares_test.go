package loadgen

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/server"
)

// runCrowd runs a scenario against a server and returns the only repetition of each of its cells.
func runCrowd(t *testing.T, c crowd, s *server.Server, text string) (reps []*result.Repetition) {
	t.Helper()
	sc := parse(t, fmt.Sprintf("{name: x, target: %q, %s}", s.Info().Control, text))
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c})
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range res.Cells {
		r := of.Repetitions[0]
		if r.Error != "" || len(r.Agents) != len(c) {
			t.Fatalf("%s: error %q, agents %+v", of.ID, r.Error, r.Agents)
		}
		reps = append(reps, r)
	}
	return reps
}

// Speakers and listeners of all agents are in the same rooms: each message of a speaker is due to the listeners
// of its room once, also to those of other agents, and the counts are the server's. The times between agents with
// other clocks are apart.
func TestAgentsShareRooms(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		protocol, more string
		clocks         crowd
	}{
		{"tcp", "stack: lean", crowd{0, 0, 0}},
		{"tcp", "stack: lean", crowd{1, 2, 1}},
		{"websocket", "payload: {encoding: text}", crowd{0, 0}},
		{"grpc", "payload: {encoding: native}", crowd{1, 1, 2}},
		{"sse", "rooms: 1", crowd{0, 0, 0}},
	} {
		t.Run(fmt.Sprint(c.protocol, c.clocks), func(t *testing.T) {
			t.Parallel()
			s, err := server.Start(server.Config{Stack: map[bool]string{true: "lean", false: "stock"}[c.more == "stack: lean"]})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			rooms := "rooms: 2, "
			if c.more == "rooms: 1" {
				rooms = ""
			}
			reps := runCrowd(t, c.clocks, s, "protocols: "+c.protocol+", "+rooms+c.more+`, phases: {warmup: 100ms, steady: 1s, drain: 60s}, groups: {
				listeners: {deliver: {from: speakers}, load: {connections: 6}}, speakers: {pattern: echo, load: {rate: 400/s, connections: 4}}}`)
			heard, spoken := reps[0].Counters, reps[1].Counters
			perMessage := uint64(3) // listeners in a room
			if rooms == "" {
				perMessage = 6
			}
			if spoken.Sent != 400 || heard.Published != 400 || heard.Due != 400*perMessage || heard.Sent != heard.Due || heard.Planned != heard.Due ||
				heard.Recorded != heard.Due || heard.Failed+heard.Duplicates+heard.OutOfOrder+heard.Corrupt > 0 {
				t.Errorf("spoken %+v\nheard %+v", spoken, heard)
			}
			stats, said, got := s.Stats(), reps[1].AllPhases(), reps[0].AllPhases()
			if said.Sent != stats.MessagesReceived || said.Recorded+got.Recorded != stats.MessagesSent {
				t.Errorf("agents sent %d and received %d + %d messages; the server received %d and sent %d",
					said.Sent, said.Recorded, got.Recorded, stats.MessagesReceived, stats.MessagesSent)
			}
			one, two := uint64(reps[0].Response.Count()), reps[0].Between()
			if one+uint64(two.Count()) != heard.Recorded || (two.Count() > 0) != (c.clocks[0] > 0) || one == 0 || two.Max() > 5*time.Minute {
				t.Errorf("of %d times, %d are of one clock and %d of two, %v at most", heard.Recorded, one, two.Count(), two.Max())
			}
			if uint64(reps[1].Response.Count()) != spoken.Recorded || max(reps[0].Response.Max(), reps[1].Response.Max()) > 5*time.Minute {
				t.Errorf("%d times of %d messages, at most %v and %v", reps[1].Response.Count(), spoken.Recorded, reps[1].Response.Max(), reps[0].Response.Max())
			}
			if together := (result.Together{Streams: 10, Recorded: spoken.Recorded + heard.Recorded}); *reps[0].Together != together || reps[0].Server.CPU != reps[1].Server.CPU {
				t.Errorf("together %+v", reps[0].Together)
			}
		})
	}
}

// Groups with traffic of their own, one of them of slow readers, run on all agents.
func TestAgentsShareGroups(t *testing.T) {
	t.Parallel()
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	reps := runCrowd(t, crowd{0, 0}, s, `protocols: websocket, phases: {warmup: 100ms, steady: 1s, drain: 60s}, groups: {
		fast: {pattern: echo, load: {rate: 200/s, connections: 3}}, slow: {pattern: push, read: {pause: 50ms, every: 200ms}, load: {rate: 300/s, connections: 2}}}`)
	fast, slow := reps[0].Counters, reps[1].Counters
	if fast.Recorded != 200 || slow.Recorded != 300 || fast.Failed+slow.Failed > 0 {
		t.Errorf("fast %+v\nslow %+v", fast, slow)
	}
	if reps[1].Response.Max() < 20*time.Millisecond {
		t.Errorf("slow readers received everything within %v", reps[1].Response.Max())
	}
	stats := s.Stats()
	if all := reps[0].AllPhases().Recorded + reps[1].AllPhases().Recorded; all != stats.MessagesSent {
		t.Errorf("the agents received %d messages, the server sent %d", all, stats.MessagesSent)
	}
}

// All agents together send each message of a trace once.
func TestAgentsShareATrace(t *testing.T) {
	t.Parallel()
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	file := filepath.Join(t.TempDir(), "times.csv")
	if err := os.WriteFile(file, []byte("0\n0\n0.1\n0.15\n0.15\n0.15\n0.4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	reps := runCrowd(t, crowd{0, 0}, s, fmt.Sprintf("protocols: websocket, pattern: echo, load: {trace: %q, connections: 3}, phases: {warmup: 100ms, drain: 60s}", file))
	if n := reps[0].Counters; n.Planned != 7 || n.Recorded != 7 || n.Failed > 0 {
		t.Errorf("%+v", n)
	}
}
