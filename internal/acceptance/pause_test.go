//go:build linux

package acceptance

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rtbench/loadgen/foreign"
	"rtbench/report/result"
)

// stopped runs a scenario, stops a process, or the generator if pid is 0, for a while in its
// steady phase, as its live figures show it, and returns the repetition.
func stopped(t *testing.T, scenario string, pid int, pause time.Duration) *result.Repetition {
	t.Helper()
	return stoppedRun(t, scenario, "steady", pid, pause).wantCode(0).result("r").Cells[0].Repetitions[0]
}

// stoppedRun is stopped, in any phase and whatever the exit code.
func stoppedRun(t *testing.T, scenario, phase string, pid int, pause time.Duration) outcome {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	s := newSession(t, map[string]string{"x.yaml": "name: x\n" + scenario})
	c := s.command("run", "x.yaml", "--quiet", "--prometheus", address, "--out", "r")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for !inPhase(address, phase) {
		select {
		case err := <-ended:
			t.Fatalf("it ended before its phase was seen: %v\n%s", err, out.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	if pid == 0 {
		pid = c.Process.Pid
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(pause)
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	<-ended
	if _, err := os.Stat(filepath.Join(s.Dir, "r")); err != nil {
		t.Fatal(out.String())
	}
	return outcome{t: t, Dir: s.Dir, Stdout: out.String(), Code: c.ProcessState.ExitCode()}
}

// inPhase asks the live figures of a run for its phase.
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

// A pause of the generator is told, in every model and pattern, and what it spoils is not
// charged to the server.
func TestAPauseOfTheGeneratorIsTold(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "fastapi")
	const phases = "phases: {warmup: 0s, steady: 4s, drain: 5s}\n"
	for name, scenario := range map[string]string{
		"closed loop": "protocols: tcp\npattern: echo\nload: {model: closed, connections: 4}\n" + phases,
		"open loop":   "protocols: websocket\npattern: echo\nload: {rate: 500/s, connections: 4}\n" + phases,
		"push":        "protocols: sse\npattern: push\nload: {rate: 500/s, connections: 4}\n" + phases,
		"fan-out":     "protocols: grpc\npattern: fanout\nload: {rate: 200/s, connections: 4}\n" + phases,
		"custom feed": "contract: own\ntarget: {sse: '" + server.URL("http", "/events") + "'}\npattern: push\nload: {connections: 2}\n" + phases,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := stopped(t, scenario, 0, time.Second)
			if p := r.ClientPauses; p.Count == 0 || p.Longest < 900*time.Millisecond {
				t.Errorf("pauses %+v, want one of a second", p)
			}
			if r.UsableTime(result.Maximum) || r.Validity.Verdict != result.Suspect {
				t.Errorf("the maximum can be used: %+v", r.Validity)
			}
			if all := strings.Join(r.Validity.Reasons, "\n"); !strings.Contains(all, "the generator did not run") {
				t.Errorf("the reasons do not name it:\n%s", all)
			}
		})
	}
}

// A short pause takes the highest percentiles alone.
func TestAShortPauseTakesTheTail(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "node-ws")
	r := stopped(t, `contract: own
target: {websocket: "`+server.URL("ws", "/echo")+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":20}'
match: {field: id}
load: {rate: 500/s, connections: 4}
phases: {warmup: 0s, steady: 5s, drain: 5s}
`, 0, 150*time.Millisecond)
	if p := r.ClientPauses; p.Count == 0 || p.Longest < 140*time.Millisecond {
		t.Errorf("pauses %+v, want one of 150 ms", p)
	}
	if r.UsableTime(99.9) || r.UsableTime(result.Maximum) {
		t.Errorf("p99.9 and the maximum can be used: %+v", r.Validity)
	}
	if n := r.Counters; n.Recorded != n.Planned || n.Lost != 0 {
		t.Errorf("planned %d, recorded %d, lost %d", n.Planned, n.Recorded, n.Lost)
	}
}

// A server that stops answering holds up a sender that waits for its answers: it is not the
// generator that was late, and the response times have the wait in them.
func TestAStalledServerIsNotALateSender(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "fastapi")
	r := stopped(t, `contract: own
target: {sse: {url: "`+server.URL("http", "/events?session=a")+`", post: "`+server.URL("http", "/messages?session=a")+`"}}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 100/s, connections: 1}
phases: {warmup: 0s, steady: 3s, drain: 5s}
`, server.PID, 600*time.Millisecond)
	all := strings.Join(r.Validity.Reasons, "\n")
	if !strings.Contains(all, "the server held up the sender") || strings.Contains(all, "of the response p9") {
		t.Errorf("waited %d of %d, the reasons are\n%s", r.Counters.Waited, r.Counters.Planned, all)
	}
	if n := r.Counters; n.Recorded != n.Planned || r.Response.Max() < 500*time.Millisecond {
		t.Errorf("planned %d, recorded %d, the slowest %v", n.Planned, n.Recorded, r.Response.Max())
	}
}

// Where a stream waits for its answer, waits behind a pause of the generator are not the
// server's, and the pause is named before what it explains.
func TestAPauseIsNotChargedToAServerThatIsWaitedFor(t *testing.T) {
	t.Parallel()
	grpcio, fastapi := foreign.Start(t, "grpcio"), foreign.Start(t, "fastapi")
	const rest = `pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 100/s, connections: 1}
phases: {warmup: 0s, steady: 3s, drain: 5s}
`
	for name, target := range map[string]string{
		"unary": `{grpc: {url: "` + grpcio.URL("grpc", "/chat.v1.Chat/Ask") + `", proto: chat/v1/chat.proto, import: ` + grpcio.Proto + `}}`,
		"SSE with POST": `{sse: {url: "` + fastapi.URL("http", "/events?session=a") + `", post: "` +
			fastapi.URL("http", "/messages?session=a") + `"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := stopped(t, "contract: own\ntarget: "+target+"\n"+rest, 0, time.Second)
			all := strings.Join(r.Validity.Reasons, "\n")
			if !strings.HasPrefix(all, "the generator did not run") || strings.Contains(all, "the server held up the sender") {
				t.Errorf("waited %d of %d, the reasons are\n%s", r.Counters.Waited, r.Counters.Planned, all)
			}
			if n := r.Counters; n.Recorded != n.Planned || n.Failed != 0 {
				t.Errorf("planned %d, recorded %d, failed %d", n.Planned, n.Recorded, n.Failed)
			}
		})
	}
}

// Replies that come while the generator is stopped in the drain are not lost.
func TestAPauseInTheDrainLosesNothing(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "node-ws")
	for name, load := range map[string]string{"open loop": "{rate: 200/s, connections: 4}", "closed loop": "{model: closed, connections: 4}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := stoppedRun(t, `contract: own
target: {websocket: "`+server.URL("ws", "/echo")+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":800}'
match: {field: id}
load: `+load+`
phases: {warmup: 0s, steady: 1s, drain: 1200ms}
thresholds: [lost == 0, errors == 0]
`, "drain", 0, 2*time.Second).wantCode(0)
			r := o.result("r").Cells[0].Repetitions[0]
			if n := r.Counters; n.Lost != 0 || n.Recorded != n.Due || n.Recorded == 0 {
				t.Errorf("due %d, recorded %d, lost %d", n.Due, n.Recorded, n.Lost)
			}
			if p := r.ClientPauses; p.InDrain < 1500*time.Millisecond || p.Total < p.Longest {
				t.Errorf("pauses %+v, want one of two seconds in the drain", p)
			}
			if !strings.Contains(o.Stdout, "in the drain") {
				t.Errorf("the pause is not told with its phase:\n%s", o.Stdout)
			}
		})
	}
}

// A pause that is too short to matter elsewhere is most of the slowest message.
func TestAVeryShortPauseTakesTheMaximum(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "node-ws")
	for name, load := range map[string]string{"open loop": "{rate: 500/s, connections: 2}", "closed loop": "{model: closed, connections: 4}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := stoppedRun(t, `contract: own
target: {websocket: "`+server.URL("ws", "/echo")+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}},"after":5}'
match: {field: id}
load: `+load+`
phases: {warmup: 0s, steady: 2s, drain: 2s}
`, "steady", 0, 80*time.Millisecond).wantCode(0).result("r").Cells[0].Repetitions[0]
			if r.UsableTime(result.Maximum) || r.Validity.Verdict == result.Valid {
				t.Errorf("the maximum of %v can be used; gaps %+v, pauses %+v", r.Response.Max(), r.ClientGaps, r.ClientPauses)
			}
		})
	}
}
