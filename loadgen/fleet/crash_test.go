//go:build !nofleet

package fleet

import (
	"fmt"
	"testing"
	"time"

	"rtbench/internal/testrun"
)

// The coordinator dies with its own NATS server. The agents finish the repetition by its plan, and then serve the next
// coordinator, at the same address.
func TestNATSDiesWithTheCoordinator(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	s, port := startServer(t), freePort(t)
	bus := Bus{URL: fmt.Sprintf("nats://127.0.0.1:%d", port), Token: testToken}
	for i := range 3 {
		startAgent(t, &Agent{Bus: bus, Name: fmt.Sprint("agent-", i)})
	}
	coordinator, _ := startCoordinatorProcess(t, s.Info().Control, "steady 1", "phases: {connect: 1s, warmup: 100ms, steady: 2s, drain: 5s}", "--port", fmt.Sprint(port))
	_ = coordinator.Wait()
	next, err := Start(t.Context(), Bus{Token: testToken}, Broker{Host: "127.0.0.1", Port: port}, testVersion, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(next.Close)
	gather(t, next, 3)
	// 90 messages of the warm-up and 1,800 of the steady phase; the next run had not begun.
	if n := s.Stats().MessagesReceived; n != 1890 {
		t.Errorf("the server received %d messages, not the 1890 of the plan", n)
	}
	r := run(t.Context(), t, next, scenario(t, s, "1s"), nil)
	if r.Error != "" || r.Counters.Recorded != 900 {
		t.Errorf("error %q, %d recorded in the next run", r.Error, r.Counters.Recorded)
	}
}

// Agents that a coordinator started exit when it dies.
func TestLocalAgentsExitWithTheCoordinator(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b, err := Broker{Host: "127.0.0.1"}.start(testToken)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	coordinator, _ := startCoordinatorProcess(t, s.Info().Control, "steady 1", "phases: {connect: 1s, warmup: 100ms, steady: 60s, drain: 5s}", "--join", b.ClientURL(), "--local", "2")
	_ = coordinator.Wait()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for limit := time.Now().Add(30 * time.Second); b.NumClients() > 0; <-poll.C {
		if time.Now().After(limit) {
			t.Fatalf("%d agents are still connected", b.NumClients())
		}
	}
}
