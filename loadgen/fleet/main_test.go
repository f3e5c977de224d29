//go:build !nofleet

package fleet

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/loadgen"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/server"
)

// The test binary is also an agent, and a command that gets a URL.
func TestMain(m *testing.M) {
	switch os.Getenv("RTBENCH_TEST") {
	case "agent":
		serveAgent()
	case "get":
		resp, err := http.Get(os.Args[1])
		if err != nil || resp.Body.Close() != nil {
			os.Exit(1)
		}
	default:
		os.Exit(m.Run())
	}
}

func serveAgent() {
	value := func(flag string) string { return os.Args[slices.Index(os.Args, flag)+1] }
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
		cancel()
	}()
	a := &Agent{
		Bus: Bus{URL: value("--join"), Token: os.Getenv(TokenVariable)}, Name: value("--name"), Version: testVersion,
		Waiting: func(error) {}, Run: loadgen.RunShare,
	}
	if err := a.Serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const testVersion = "test"

// startCoordinator starts a coordinator with NATS in this process, or at the address of another one.
func startCoordinator(t *testing.T, other *Coordinator) *Coordinator {
	t.Helper()
	bus := Bus{Token: "token-of-the-test"}
	if other != nil {
		bus = other.bus
	}
	c, err := Start(t.Context(), bus, Broker{Host: "127.0.0.1"}, testVersion, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// startAgent starts an agent in this process, and returns a function that ends it.
func startAgent(t *testing.T, a *Agent) (end func()) {
	t.Helper()
	a.Waiting = func(error) {}
	if a.Version == "" {
		a.Version = testVersion
	}
	if a.Run == nil {
		a.Run = loadgen.RunShare
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := a.Serve(ctx); err != nil {
			t.Errorf("agent %s: %v", a.Name, err)
		}
	}()
	end = func() {
		cancel()
		<-ended
	}
	t.Cleanup(end)
	return end
}

// startAgents starts n agents in this process and has c claim them.
func startAgents(t *testing.T, c *Coordinator, n int) {
	t.Helper()
	for i := range n {
		startAgent(t, &Agent{Bus: c.bus, Name: fmt.Sprintf("agent-%d", i)})
	}
	gather(t, c, n)
}

func gather(t *testing.T, c *Coordinator, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.Gather(ctx, n, func(int) {}); err != nil {
		t.Fatal(err)
	}
}

// startServer starts a reference server.
func startServer(t *testing.T) *server.Server {
	t.Helper()
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// scenario returns a scenario of one repetition against a server.
func scenario(t *testing.T, s *server.Server, steady string) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Parse("test.yaml", []byte(fmt.Sprintf(
		"{name: x, target: %q, protocols: websocket, pattern: echo, load: {rate: 900/s, connections: 7}, phases: {connect: 2s, warmup: 100ms, steady: %s, drain: 5s}}",
		s.Info().Control, steady)))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// run runs a scenario on the fleet of c and returns its only repetition.
func run(ctx context.Context, t *testing.T, c *Coordinator, sc *scenarios.Scenario, watch func(result.Status)) *result.Repetition {
	t.Helper()
	res, err := loadgen.Run(ctx, loadgen.Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c, OnStatus: watch})
	if err != nil {
		t.Fatal(err)
	}
	if lost := res.Cells[0].Repetitions[0].Lost(); lost != "" {
		if err := res.Baseline(); err == nil || !strings.Contains(err.Error(), "is incomplete") {
			t.Errorf("an incomplete result as a baseline: %v", err)
		}
	}
	return res.Cells[0].Repetitions[0]
}
