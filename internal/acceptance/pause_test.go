//go:build linux

package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// stopped runs a scenario, stops the generator for a while in its steady phase and returns the
// repetition.
func stopped(t *testing.T, sc scenario, pause time.Duration) *result.Repetition {
	t.Helper()
	return stoppedRun(t, sc, "steady", 0, pause).wantMeasured().only()
}

// stoppedRun runs a scenario and stops a process (the generator if pid is 0) for a while in a
// phase of the run.
func stoppedRun(t *testing.T, sc scenario, phase string, pid int, pause time.Duration) outcome {
	t.Helper()
	address := freeAddress(t)
	s := newSession(t, nil)
	s.write("s.yaml", sc.text())
	c := s.command("run", "s.yaml", "--quiet", "--prometheus", address, "--out", "r")
	ended := s.start(c)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for !inPhase(address, phase) {
		select {
		case o := <-ended:
			t.Fatalf("the run ended before the phase: exit code %d\n%s%s", o.Code, o.Stdout, o.Stderr)
		case <-poll.C:
		}
	}
	if pid == 0 {
		pid = c.Process.Pid
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	<-time.After(pause) // the length of the stop under test
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	return <-ended
}

// inPhase reports whether a run's live metrics show the phase.
func inPhase(address, phase string) bool {
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	for line := range strings.Lines(string(b)) {
		var n float64
		if strings.HasPrefix(line, "rtbench_phase{") {
			if _, err := fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &n); err == nil && n == 1 && strings.Contains(line, `phase="`+phase+`"`) {
				return true
			}
		}
	}
	return false
}

// A pause of the generator is reported for every model and pattern and makes the maximum
// unusable.
func TestGeneratorPauseIsReported(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "fastapi")
	for name, sc := range map[string]scenario{
		"closed loop": {load: "model: closed, connections: 4", more: "protocols: tcp"},
		"open loop":   {load: "rate: 500/s, connections: 4", more: "protocols: websocket"},
		"push":        {pattern: "push", load: "rate: 500/s, connections: 4", more: "protocols: sse"},
		"fan-out":     {pattern: "fanout", load: "rate: 200/s, connections: 4", more: "protocols: grpc"},
		"custom feed": {pattern: "push", target: eventsTarget(server, "/events"), load: "connections: 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc.phases = "warmup: 0s, steady: 3s, drain: 5s"
			r := stopped(t, sc, time.Second)
			if p := r.ClientPauses; p.Count == 0 || p.Longest < 900*time.Millisecond {
				t.Errorf("pauses %+v, want one of a second", p)
			}
			if r.UsableTime(result.Maximum) || r.Validity.Discarded {
				t.Errorf("the maximum is usable: %+v", r.Validity)
			}
			if all := strings.Join(r.Validity.Reasons(), "\n"); !strings.Contains(all, "the generator did not run") {
				t.Errorf("the reasons do not name the pause:\n%s", all)
			}
		})
	}
}

// A short pause makes only the highest percentiles unusable.
func TestShortPauseInvalidatesTheTail(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-ws")
	r := stopped(t, scenario{
		target: webSocketTarget(server, "/echo"), load: "rate: 500/s, connections: 4", phases: "warmup: 0s, steady: 5s, drain: 5s",
		more: repliesAfter(20),
	}, 150*time.Millisecond)
	if p := r.ClientPauses; p.Count == 0 || p.Longest < 140*time.Millisecond {
		t.Errorf("pauses %+v, want one of 150 ms", p)
	}
	if r.UsableTime(99.9) || r.UsableTime(result.Maximum) {
		t.Errorf("p99.9 and the maximum is usable: %+v", r.Validity)
	}
	if n := r.Counters; n.Recorded != n.Planned || n.Lost != 0 {
		t.Errorf("planned %d, recorded %d, lost %d", n.Planned, n.Recorded, n.Lost)
	}
}

// A server that stops answering blocks a sender that waits for replies. The generator was not
// late, and the response times include the wait.
func TestStalledServerIsNotALateSender(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "fastapi")
	r := stoppedRun(t, scenario{
		target: sessionTarget(server), load: "rate: 100/s, connections: 1", phases: "warmup: 0s, steady: 3s, drain: 5s", more: numbered,
	}, "steady", server.PID, 600*time.Millisecond).wantMeasured().only()
	all := strings.Join(r.Validity.Reasons(), "\n")
	if !strings.Contains(all, "the server held up the sender") || strings.Contains(all, "of the response p9") {
		t.Errorf("waited %d of %d, the reasons are\n%s", r.Counters.Waited, r.Counters.Planned, all)
	}
	if n := r.Counters; n.Recorded != n.Planned || r.Response.Max() < 500*time.Millisecond {
		t.Errorf("planned %d, recorded %d, the slowest %v", n.Planned, n.Recorded, r.Response.Max())
	}
}

// If a stream waits for a reply, time behind a pause of the generator is not charged to the
// server, and the pause is the first reason.
func TestPauseIsNotChargedToTheServer(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	grpcio, fastapi := thirdparty.Start(t, "grpcio"), thirdparty.Start(t, "fastapi")
	for name, target := range map[string]string{
		"unary": chatTarget(grpcio, "Ask"), "SSE with POST": sessionTarget(fastapi),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := stopped(t, scenario{
				target: target, load: "rate: 100/s, connections: 1", phases: "warmup: 0s, steady: 3s, drain: 5s", more: numbered,
			}, time.Second)
			all := strings.Join(r.Validity.Reasons(), "\n")
			if !strings.HasPrefix(all, "the generator did not run") || strings.Contains(all, "the server held up the sender") {
				t.Errorf("waited %d of %d, the reasons are\n%s", r.Counters.Waited, r.Counters.Planned, all)
			}
			if n := r.Counters; n.Recorded != n.Planned || n.Failed != 0 {
				t.Errorf("planned %d, recorded %d, failed %d", n.Planned, n.Recorded, n.Failed)
			}
		})
	}
}

// repliesAfter makes node-ws delay its replies to numbered messages.
func repliesAfter(ms int) string {
	return fmt.Sprintf("messages: '{\"id\":{{.RequestNumber}},\"after\":%d}'\nmatch: {field: id}\n", ms)
}

// Replies that arrive while the generator is stopped in the drain are not lost.
func TestPauseInTheDrainLosesNothing(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-ws")
	for name, load := range map[string]string{"open loop": "rate: 200/s, connections: 4", "closed loop": "model: closed, connections: 4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := stoppedRun(t, scenario{
				target: webSocketTarget(server, "/echo"), load: load, phases: "warmup: 0s, steady: 1s, drain: 1200ms",
				more: repliesAfter(800) + "thresholds: [lost == 0, errors == 0]",
			}, "drain", 0, 2*time.Second).wantMeasured()
			r := o.only()
			if n := r.Counters; n.Lost != 0 || n.Recorded != n.Due || n.Recorded == 0 {
				t.Errorf("due %d, recorded %d, lost %d", n.Due, n.Recorded, n.Lost)
			}
			if p := r.ClientPauses; p.InDrain < 1500*time.Millisecond || p.Total < p.Longest {
				t.Errorf("pauses %+v, want one of two seconds in the drain", p)
			}
			if !strings.Contains(o.Stdout, "in the drain") {
				t.Errorf("the pause is not reported with its phase:\n%s", o.Stdout)
			}
		})
	}
}

// A pause too short to affect percentiles dominates the slowest message: the maximum is unusable.
func TestVeryShortPauseInvalidatesTheMaximum(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-ws")
	for name, load := range map[string]string{"open loop": "rate: 500/s, connections: 2", "closed loop": "model: closed, connections: 4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := stopped(t, scenario{
				target: webSocketTarget(server, "/echo"), load: load, phases: "warmup: 0s, steady: 2s, drain: 2s", more: repliesAfter(5),
			}, 80*time.Millisecond)
			if r.UsableTime(result.Maximum) || r.Validity.Word() == "" {
				t.Errorf("the maximum of %v is usable; gaps %+v, pauses %+v", r.Response.Max(), r.ClientGaps, r.ClientPauses)
			}
		})
	}
}
