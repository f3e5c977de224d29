//go:build !nofleet

package fleet

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"rtbench/internal/testrun"
	"rtbench/loadgen"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/server"
)

// The test binary is also an agent, a coordinator and a NATS server, each until its standard input ends, and a
// command that gets a URL.
func TestMain(m *testing.M) {
	role := map[string]func(context.Context, Bus) error{"agent": beAgent, "coordinator": beCoordinator, "nats": beNATS, "get": get}[os.Getenv("RTBENCH_TEST")]
	if role == nil {
		_ = os.Setenv(testSecretVariable, testSecret)
		testrun.Parallel(8)
		os.Exit(m.Run())
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
		cancel()
	}()
	if err := role(ctx, Bus{URL: argument("--join"), Token: os.Getenv(TokenVariable)}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// argument returns the value of a flag of this process; empty if it has none.
func argument(flag string) string {
	i := slices.Index(os.Args, flag)
	if i < 0 {
		return ""
	}
	return os.Args[i+1]
}

func beAgent(ctx context.Context, bus Bus) error {
	a := &Agent{
		Bus: bus, Name: argument("--name"), Version: testVersion, Waiting: func(error) {}, Run: loadgen.RunShare,
		Notice: func(text string) { fmt.Println(text) },
	}
	return a.Serve(ctx)
}

// get gets the URL of its argument.
func get(context.Context, Bus) error {
	resp, err := http.Get(os.Args[1])
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// beCoordinator runs a scenario on three agents, or on those that it starts, and prints its name. It kills itself in a
// phase of a repetition.
func beCoordinator(ctx context.Context, bus Bus) error {
	sc, err := scenarios.OpenWith(argument("--scenario"), scenarios.Options{})
	if err != nil {
		return err
	}
	port, _ := strconv.Atoi(argument("--port")) // of its own NATS server, without --join
	c, err := Start(ctx, bus, Broker{Host: "127.0.0.1", Port: port}, testVersion, func(error) {})
	if err != nil {
		return err
	}
	defer c.Close()
	agents := 3
	if n, err := strconv.Atoi(argument("--local")); err == nil {
		agents = n
		if err := c.StartLocal([]string{"/usr/bin/env", "RTBENCH_TEST=agent", os.Args[0]}, n); err != nil {
			return err
		}
	}
	if err := c.Gather(ctx, agents, func(int) {}); err != nil {
		return err
	}
	fmt.Println(c.RunName())
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	_, err = loadgen.Run(ctx, loadgen.Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c, OnStatus: func(st result.Status) {
		if fmt.Sprint(st.Phase, " ", st.Repetition) == argument("--die") {
			_ = self.Kill()
			select {}
		}
	}})
	return err
}

// beNATS serves NATS at a port, with its files in a directory.
func beNATS(ctx context.Context, bus Bus) error {
	port, err := strconv.Atoi(argument("--port"))
	if err != nil {
		return err
	}
	b, err := Broker{Host: "127.0.0.1", Port: port}.startIn(argument("--dir"), bus.Token)
	if err != nil {
		return err
	}
	defer b.stop()
	fmt.Println(b.ClientURL())
	<-ctx.Done()
	return nil
}

const testVersion = "test"

// The environment of all agents has a secret.
const (
	testSecretVariable = "RTBENCH_FLEET_TEST_KEY"
	testSecret         = "secret-of-the-fleet-test"
)

// startCoordinator starts a coordinator with NATS in this process, or at the address of another one.
func startCoordinator(t *testing.T, other *Coordinator) *Coordinator {
	t.Helper()
	bus := Bus{Token: testToken}
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
	return parse(t, "{name: x, target: %q, protocols: websocket, pattern: echo, load: {rate: 900/s, connections: 7}, phases: {connect: 1s, warmup: 100ms, steady: %s, drain: 5s}}",
		s.Info().Control, steady)
}

// parse returns a scenario.
func parse(t *testing.T, format string, args ...any) *scenarios.Scenario {
	t.Helper()
	sc, err := scenarios.Parse("test.yaml", fmt.Appendf(nil, format, args...))
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

// startWebSocket starts a WebSocket server that answers each message, and returns its URL.
func startWebSocket(t *testing.T, answer func([]byte) []string) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
			for _, out := range answer(b) {
				if c.Write(r.Context(), kind, []byte(out)) != nil {
					return
				}
			}
		}
	}))
	t.Cleanup(web.Close)
	return "ws" + strings.TrimPrefix(web.URL, "http")
}
