//go:build !nofleet

package fleet

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
)

// The counts of three agents add up to the server's, exactly, and the live view shows their sum.
func TestAgentsCountWhatTheServerCounts(t *testing.T) {
	t.Parallel()
	c, s := startCoordinator(t, nil), startServer(t)
	startAgents(t, c, 3)
	var most uint64
	r := run(t.Context(), t, c, scenario(t, s, "2500ms"), func(st result.Status) {
		if st.Phase == "steady" {
			most = max(most, st.Recorded)
		}
	})
	if r.Error != "" || len(r.Agents) != 3 {
		t.Fatalf("error %q, agents %+v", r.Error, r.Agents)
	}
	n, all := r.Counters, r.AllPhases()
	if n.Planned != 2250 || n.Recorded != 2250 || uint64(r.Response.Count()) != n.Recorded || all.Sent != s.Stats().MessagesReceived {
		t.Errorf("%d planned, %d recorded, %d in the histogram, %d sent in all phases; the server received %d",
			n.Planned, n.Recorded, r.Response.Count(), all.Sent, s.Stats().MessagesReceived)
	}
	for _, a := range r.Agents { // of 7 connections, agent 0 has 3
		if share := map[string]uint64{"agent-0": 965, "agent-1": 643, "agent-2": 642}[a.Name]; a.Recorded+1 < share || a.Recorded > share+1 {
			t.Errorf("agent %s recorded %d messages, not about %d", a.Name, a.Recorded, share)
		}
	}
	if most == 0 || most > 2250 { // a busy machine shows few of its views
		t.Errorf("the live view counted %d messages of the steady phase at most", most)
	}
}

// A killed agent ends the run: what was measured before is kept, and the repetition is marked.
func TestKilledAgentIsLost(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, s := startCoordinator(t, nil), startServer(t)
	if err := c.StartLocal([]string{"/usr/bin/env", "RTBENCH_TEST=agent", self}, 3); err != nil {
		t.Fatal(err)
	}
	gather(t, c, 3)
	var once sync.Once
	r := run(t.Context(), t, c, scenario(t, s, "60s"), func(st result.Status) {
		if st.P50.At > 0 { // times of the steady phase have arrived
			once.Do(func() { _ = c.locals[1].Process.Kill() })
		}
	})
	name := c.locals[1].name
	if !strings.Contains(r.Lost(), "agent "+name+" was lost: its process exited: signal: killed") {
		t.Errorf("lost: %q", r.Lost())
	}
	if r.Response.Count() == 0 || !r.Validity.Discarded || r.Validity.Verdict != result.NotGenerated {
		t.Errorf("%d messages kept, validity %+v", r.Response.Count(), r.Validity)
	}
	for _, a := range r.Agents {
		if (a.Lost != "") != (a.Name == name) {
			t.Errorf("agent %s: lost %q", a.Name, a.Lost)
		}
	}
}

// After Ctrl-C the agents end their tasks, and everything that they measured is kept, also if one of them is cut off
// at that moment.
func TestInterruptedFleet(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	c, s := startCoordinator(t, nil), startServer(t)
	c.lease, c.answers = time.Minute, time.Second
	k := newLink(t, strings.TrimPrefix(c.bus.URL, "nats://"))
	startAgent(t, &Agent{Bus: c.bus, Name: "agent-0"})
	startAgent(t, &Agent{Bus: Bus{URL: "nats://" + k.Addr().String(), Token: c.bus.Token}, Name: "agent-1"})
	gather(t, c, 2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var once sync.Once
	r := run(ctx, t, c, scenario(t, s, "10m"), func(st result.Status) {
		if st.P50.At > 0 {
			once.Do(func() {
				k.setCut(true)
				cancel()
				time.AfterFunc(time.Second, func() { k.setCut(false) })
			})
		}
	})
	if !r.Interrupted || r.Lost() != "" || r.Counters.Recorded == 0 || uint64(r.Response.Count()) != r.Counters.Recorded || r.Counters.Failed > 0 {
		t.Errorf("interrupted %v, lost %q, %d recorded, %d in the histogram", r.Interrupted, r.Lost(), r.Counters.Recorded, r.Response.Count())
	}
}

// NATS refuses agents with another token, and those without one.
func TestJoiningNeedsTheToken(t *testing.T) {
	t.Parallel()
	c := startCoordinator(t, nil)
	for _, token := range []string{"", "guessed"} {
		a := &Agent{Bus: Bus{URL: c.bus.URL, Token: token}, Name: "stranger", Version: testVersion, Waiting: func(error) {}}
		if err := a.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "refused the token") {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestAgentOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	c := startCoordinator(t, nil)
	startAgent(t, &Agent{Bus: c.bus, Name: "old", Version: "v0.1"})
	err := c.Gather(t.Context(), 1, func(int) {})
	if err == nil || !strings.Contains(err.Error(), "agent old runs rtbench v0.1; expected test, as here") {
		t.Errorf("the error is %v", err)
	}
}

// An agent works for one run at a time, and for the next one after that.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	first := startCoordinator(t, nil)
	second := startCoordinator(t, first)
	startAgents(t, first, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	err := second.Gather(ctx, 1, func(missing int) {
		if missing == 1 {
			cancel(errors.New("enough"))
		}
	})
	if err == nil || err.Error() != "0 of 1 agent joined: enough" {
		t.Errorf("the error is %v", err)
	}
	if refused, err := second.ask(first.members[0], "claim", claim{second.run}); err != nil || refused != "it works for another run" {
		t.Errorf("refused %q, %v", refused, err)
	}
	if _, err := first.ask(first.members[0], "release", claim{first.run}); err != nil {
		t.Fatal(err)
	}
	gather(t, second, 1)
}
