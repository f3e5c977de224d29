//go:build linux

package acceptance

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"rtbench/internal/testrun"
)

const tinyScenario = `{name: tiny, protocols: [tcp], pattern: echo, load: {model: closed, connections: 1}, phases: {warmup: 20ms, steady: 50ms}}
`

// smallGate runs a gate with the minimum number of pairs and stores it in g.
func (s *session) smallGate(base, head, file string) outcome {
	s.t.Helper()
	return s.rtbench("gate", "--base", base, "--head", head, "--pairs", "6", "--level", "0.49", "--metrics", "p50", "--allow-inconclusive", file, "-q", "-o", "g")
}

// A gate's target command runs in the shell.
func TestGateCommandRunsInTheShell(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for name, sides := range map[string][2]string{
		"variable and directory": {
			"exec:GOGC=50 rtbench serve --json --port all=0",
			"exec:cd sub && rtbench serve --json --port all=0",
		},
		"pipe and background": {
			"exec:rtbench serve --json --port all=0 | cat",
			"exec:(sleep 1000 & echo $! > pid); exec rtbench serve --json --port all=0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, map[string]string{"tiny.yaml": tinyScenario, "sub/x": ""})
			o := s.smallGate(sides[0], sides[1], "tiny.yaml")
			for _, side := range []string{"g/base", "g/head"} {
				var recorded uint64
				known := false // in at least one repetition, even on a busy machine
				for _, r := range o.result(side).Cells[0].Repetitions {
					recorded, known = recorded+r.Counters.Recorded, known || r.Server.Known
					if r.Error != "" {
						t.Errorf("%s: %s", side, r.Error)
					}
				}
				if recorded == 0 || !known {
					t.Errorf("%s: %d recorded, server known %v", side, recorded, known)
				}
			}
			if b, err := os.ReadFile(filepath.Join(s.Dir, "pid")); err == nil {
				pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
				if err := syscall.Kill(pid, 0); err == nil && !isZombie(pid) {
					t.Errorf("process %d, started by the command, is still running", pid)
				}
			}
		})
	}
}

// isZombie reports whether a process has exited but has not been waited for.
func isZombie(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err != nil || strings.Contains(string(b), ") Z ")
}

// The error for a command that starts no server quotes its output.
func TestGateCommandFails(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	files := map[string]string{
		"tiny.yaml":   tinyScenario,
		"tls.yaml":    strings.Replace(tinyScenario, "name: tiny", "name: tls, tls: true", 1),
		"custom.yaml": "{name: mine, target: {websocket: 'ws://127.0.0.1:1/'}, pattern: echo, load: {rate: 10/s, connections: 1}}\n",
	}
	const serve = "exec:rtbench serve --json --port all=0"
	for _, c := range []struct {
		base, scenario, want string
		code                 int
	}{
		{"exec:nope --flag", "tiny.yaml", "exit status 127: sh: 1: nope: not found", 115},
		{"exec:cd nowhere && ./server", "tiny.yaml", "nowhere", 115},
		{"exec:exit 7", "tiny.yaml", "it exited without output: exit status 7", 115},
		{"exec:echo usage: server FLAGS", "tiny.yaml", `it printed "usage: server FLAGS"; expected its addresses as JSON on the first line, as ` + "`rtbench serve --json` prints them", 115},
		{`exec:echo '{"level":"info"}'`, "tiny.yaml", `expected its addresses as JSON`, 115},
		{serve, "tls.yaml", `speaks no TLS: pass on the flags that rtbench adds`, 113},
		{serve, "custom.yaml", "expected --base-url with the URL of that server", 2},
	} {
		t.Run(c.base+" "+c.scenario, func(t *testing.T) {
			t.Parallel()
			o := newSession(t, files).smallGate(c.base, serve, c.scenario).wantCode(c.code)
			if !strings.Contains(o.Stderr, c.want) || strings.Contains(o.Stderr, "invalid character") {
				t.Errorf("%q is not in %s", c.want, o.Stderr)
			}
		})
	}
	t.Run("flags passed on", func(t *testing.T) {
		t.Parallel()
		const with = serve + ` "$@"`
		o := newSession(t, files).smallGate(with, with, "tls.yaml")
		if r := o.result("g/base").Cells[0].Repetitions[0]; r.Error != "" || r.Counters.Recorded == 0 {
			t.Errorf("with TLS: %d recorded, error %q", r.Counters.Recorded, r.Error)
		}
	})
}
