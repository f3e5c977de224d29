//go:build !nofleet

package fleet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
)

const testToken = "token-of-the-test"

// A process is this test binary in another role.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner // of standard output
	stdin io.Closer
}

// startProcess starts a process that ends with the test.
func startProcess(t *testing.T, role string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(self, args...)}
	p.Env = append(os.Environ(), "RTBENCH_TEST="+role, TokenVariable+"="+testToken)
	p.Stderr = os.Stderr
	stdout, err := p.StdoutPipe()
	if err == nil {
		p.stdin, err = p.StdinPipe()
	}
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(stdout)
	t.Cleanup(func() {
		_ = p.stdin.Close()
		_ = p.Wait()
	})
	return p
}

// kill ends the process as a crash does.
func (p *process) kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// next returns the next line with a text that the process prints.
func (p *process) next(t *testing.T, text string) string {
	t.Helper()
	for p.lines.Scan() {
		if strings.Contains(p.lines.Text(), text) {
			return p.lines.Text()
		}
	}
	t.Fatalf("%v ended without printing %q", p.Args[1:], text)
	return ""
}

// A site has a NATS server and three agents, each in a process.
type site struct {
	nats   *process
	bus    Bus
	dir    string
	agents []*process
}

func startSite(t *testing.T) *site {
	t.Helper()
	s := &site{bus: Bus{Token: testToken}, dir: t.TempDir()}
	s.startNATS(t, freePort(t))
	for i := range 3 {
		s.agents = append(s.agents, startProcess(t, "agent", "--join", s.bus.URL, "--name", fmt.Sprintf("agent-%d", i)))
	}
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *site) startNATS(t *testing.T, port int) {
	t.Helper()
	s.nats = startProcess(t, "nats", "--port", fmt.Sprint(port), "--dir", filepath.Join(s.dir, "nats"))
	s.bus.URL = s.nats.next(t, "nats://")
}

// start starts a coordinator of a scenario against a server, which dies in a phase of a repetition, and returns it
// with the name of its run.
func (s *site) start(t *testing.T, target, die, more string) (coordinator *process, run string) {
	t.Helper()
	return startCoordinatorProcess(t, target, die, more, "--join", s.bus.URL)
}

// startCoordinatorProcess is start with other arguments of the coordinator.
func startCoordinatorProcess(t *testing.T, target, die, more string, args ...string) (coordinator *process, run string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "{name: x, target: %q, protocols: websocket, pattern: echo, load: {rate: 900/s, connections: 7}, %s}", target, more), 0o600); err != nil {
		t.Fatal(err)
	}
	coordinator = startProcess(t, "coordinator", append([]string{"--scenario", file, "--die", die}, args...)...)
	return coordinator, coordinator.next(t, "")
}

// open opens a run that is left.
func (s *site) open(t *testing.T, run string) (*Collector, error) {
	t.Helper()
	k, err := NewCollector(t.Context(), s.bus, run, testVersion, func(error) {})
	if err == nil {
		k.silence = helloEvery // the coordinator is dead
		t.Cleanup(k.Close)
	}
	return k, err
}

// collect returns the result of a run that is left, and removes it from NATS. Agents not heard for the lease are
// lost.
func (s *site) collect(t *testing.T, run string, lease time.Duration) *result.Result {
	t.Helper()
	k, err := s.open(t, run)
	if err != nil {
		t.Fatal(err)
	}
	k.c.lease = lease
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	remains, err := k.Wait(ctx, func(int) {})
	var res *result.Result
	if err == nil {
		res, err = remains.Complete()
	}
	if err == nil {
		err = k.Remove()
	}
	if err != nil {
		t.Fatal(err)
	}
	k.Close()
	return res
}

// The coordinator dies in the steady phase, and NATS as well: the agents finish by plan, and another process
// collects all that they measured. After that they serve the next run, whose coordinator dies before the steady phase.
func TestCollectAfterCrash(t *testing.T) {
	t.Parallel()
	at, s := startSite(t), startServer(t)
	target := s.Info().Control
	const phases = "phases: {connect: 1s, warmup: 300ms, steady: 1s, drain: 5s}"

	coordinator, run := at.start(t, target, "steady 2", "repetitions: 3, thresholds: [received == 900, lost == 0], "+phases)
	if _, err := at.open(t, run); err == nil || !strings.Contains(err.Error(), "its coordinator is still running") {
		t.Errorf("collected beside a coordinator: %v", err)
	}
	_ = coordinator.Wait()
	at.nats.kill()
	_, text, _ := strings.Cut(strings.TrimPrefix(at.bus.URL, "nats://"), ":")
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	at.startNATS(t, port)
	res := at.collect(t, "", time.Minute)
	reps := res.Cells[0].Repetitions
	if stack := res.Cells[0].Server.Name; stack != "stock" {
		t.Errorf("the server's stack is %q", stack)
	}
	if !res.Interrupted || res.Baseline() == nil || len(reps) != 2 || res.Elapsed <= 0 {
		t.Fatalf("interrupted %v, %d repetitions in %v", res.Interrupted, len(reps), res.Elapsed)
	}
	var sent uint64
	for i, r := range reps {
		checkWhole(t, r)
		sent += r.AllPhases().Sent
		if r.Collected != (i == 1) || r.Server.Known != (i == 0) || len(r.Thresholds) != 2 || r.Order != i {
			t.Errorf("repetition %d: collected %v, server known %v, %d thresholds", i, r.Collected, r.Server.Known, len(r.Thresholds))
		}
		for _, o := range r.Thresholds {
			if !o.Holds {
				t.Errorf("repetition %d: %s fails: %+v", i, o.Text, o)
			}
		}
	}
	if received := s.Stats().MessagesReceived; sent != received {
		t.Errorf("the agents sent %d messages, the server received %d", sent, received)
	}
	var unknown *UnknownRunError
	if _, err := at.open(t, run); !errors.As(err, &unknown) || len(unknown.Left) > 0 {
		t.Errorf("collected twice: %v", err)
	}

	before := s.Stats().MessagesReceived
	coordinator, run = at.start(t, target, "warmup 1", phases)
	_ = coordinator.Wait()
	if _, err := at.open(t, run+"x"); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "did you mean "+run+"?") {
		t.Errorf("the error of an unknown run is %v", err)
	}
	res = at.collect(t, run, time.Minute)
	r := res.Cells[0].Repetitions[0]
	checkWhole(t, r)
	if received := s.Stats().MessagesReceived - before; res.Interrupted || r.AllPhases().Sent != received {
		t.Errorf("interrupted %v; the agents sent %d messages, the server received %d", res.Interrupted, r.AllPhases().Sent, received)
	}
	for _, a := range at.agents {
		a.next(t, "`rtbench fleet collect "+run+" --nats ")
	}
}

// An agent that dies as well makes the repetition incomplete; what was measured is kept.
func TestCollectWithoutAnAgent(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	at, s := startSite(t), startServer(t)
	coordinator, run := at.start(t, s.Info().Control, "steady 1", "phases: {connect: 1s, warmup: 100ms, steady: 60s, drain: 5s}")
	_ = coordinator.Wait()
	at.agents[1].kill()
	r := at.collect(t, run, 4*time.Second).Cells[0].Repetitions[0]
	if r.Lost() == "" || r.Agents[1].Lost == "" || r.Response.Count() == 0 || !r.Validity.Discarded {
		t.Errorf("lost %q, %d times, validity %+v", r.Lost(), r.Response.Count(), r.Validity)
	}
}

// checkWhole checks that nothing of a repetition is missing.
func checkWhole(t *testing.T, r *result.Repetition) {
	t.Helper()
	if n := r.Counters; r.Error != "" || r.Interrupted || n.Planned != 900 || n.Recorded != 900 || r.Response.Count() != 900 {
		t.Errorf("error %q, interrupted %v, %d recorded, %d in the histogram", r.Error, r.Interrupted, n.Recorded, r.Response.Count())
	}
}
