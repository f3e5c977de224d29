//go:build linux

package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hotScenario sends 150 lines per second.
const hotScenario = `{name: hot, target: {tcp: "tcp://127.0.0.1:1"}, pattern: echo, messages: '{"id":{{.RequestNumber}}}', match: {field: id},
	load: {rate: 150/s, connections: 1}, phases: {warmup: 20ms, steady: 100ms}, profile: {pprof: "http://127.0.0.1:1", duration: 1s}}`

// The gate names the function that head has instead of base's first, and so does the comparison of the stored results.
func TestGateNamesHotFunctions(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"hot.yaml": hotScenario})
	args := []string{"gate", "hot.yaml", "--pairs", "6", "--level", "0.49", "--floor", "1", "--metrics", "p50", "--allow-inconclusive", "-q", "-o", "g"}
	for side, work := range map[string]string{"base": "first", "head": "second"} {
		lines, profiles := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
		args = append(args, "--"+side, fmt.Sprintf("exec:exec hotserver %s %s %s", lines, profiles, work), "--"+side+"-url", "tcp://"+lines, "--"+side+"-pprof", "http://"+profiles)
	}
	gate := s.rtbench(args...).wantCode(0)
	compare := s.rtbench("compare", "g/base", "g/head", "--metrics", "p50", "--floor", "1", "--allow-inconclusive").wantCode(0)
	for _, o := range []outcome{gate, compare} {
		text := strings.Join(strings.Fields(o.Stdout), " ")
		_, names, _ := strings.Cut(text, "Server CPU per message")
		added, removed := strings.Index(names, "rtbench/internal/acceptance.hotSecond"), strings.Index(names, "rtbench/internal/acceptance.hotFirst")
		first := strings.IndexAny(names, "+−")
		if added < 0 || removed < 0 || !strings.HasSuffix(strings.TrimSpace(names[:first]), ":") || min(added, removed) > first+40 ||
			!strings.Contains(text, "go tool pprof -diff_base g/base/hot_echo_tcp.cpu.pb.gz g/head/hot_echo_tcp.cpu.pb.gz") {
			t.Errorf("%s", o.Stdout)
		}
	}
	for _, side := range []string{"g/base", "g/head"} {
		c := gate.result(side).Cells[0]
		if p := c.Profile; p == nil || len(p.Missing()) > 0 || p.Repetitions != 2 || !(p.CPU.Messages > 100) || len(c.Repetitions) != 6 {
			t.Errorf("%s: %d repetitions, profile %+v", side, len(c.Repetitions), p)
		}
	}
	if o := s.rtbench("report", "g/head"); !strings.Contains(o.Stdout, "hot_echo_tcp.heap.pb.gz") {
		t.Errorf("%s", o.Stdout)
	}
}

// After a regression of reference servers the gate profiles them without being asked, in the cell that is worst.
func TestGateExplainsReferenceServers(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"tiny.yaml": `{name: tiny, protocols: [tcp], stack: lean, pattern: echo, load: {rate: 400/s, connections: 64}, phases: {warmup: 20ms, steady: 50ms, drain: 5s}}`}) // no stream has a backlog at 100 ms per message
	o := s.rtbench("gate", "tiny.yaml", "--base", "exec:rtbench serve --json --port all=0 --fault delay=5ms", "--head", "exec:rtbench serve --json --port all=0 --fault delay=100ms",
		"--quick", "--pairs", "3", "--level", "0.49", "--floor", "1", "--metrics", "p50", "-q", "-o", "g").wantCode(111)
	p := o.result("g/head").Cells[0].Profile
	if p == nil || p.Heap.File == "" || !strings.Contains(p.Source, "/debug/pprof") || !strings.Contains(o.Stdout, "erver CPU per message") {
		t.Errorf("profile %+v\n%s", p, o.Stdout)
	}
}

// A server whose answer is no profile is a finding, on one line, and changes nothing else of the result.
func TestProfileIsGarbage(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	garbage := freePort(t)
	c := exec.Command(python, "-c", fmt.Sprintf(`import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")
http.server.HTTPServer(("127.0.0.1", %d), H).serve_forever()`, garbage))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for name, at := range map[string]struct {
		port int
		want string
	}{
		"garbage": {garbage, `found "<html>hello</html>"; expected a profile in the format of pprof`},
		"nothing": {freePort(t), "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := lineServer(t, func(_ int, line string) string { return line })
			s := newSession(t, map[string]string{"s.yaml": strings.NewReplacer("tcp://127.0.0.1:1", "tcp://"+l, "http://127.0.0.1:1", fmt.Sprintf("http://127.0.0.1:%d", at.port)).Replace(hotScenario)})
			for try := 0; ; try++ {
				o := s.rtbench("run", "s.yaml", "-q", "-o", "r"+fmt.Sprint(try))
				p := o.result("r" + fmt.Sprint(try)).Cells[0].Profile
				if name == "garbage" && strings.Contains(fmt.Sprint(p), "refused") && try < 20 {
					continue // Python has not started yet
				}
				if o.Code != 0 || p == nil || !strings.Contains(p.CPU.Missing, at.want) || !strings.Contains(o.Stdout, "no profile of the server: http://127.0.0.1:") {
					t.Errorf("code %d, profile %+v\n%s%s", o.Code, p, o.Stdout, o.Stderr)
				}
				if names, _ := filepath.Glob(filepath.Join(s.Dir, "r*", "*.pb.gz")); len(names) > 0 {
					t.Errorf("stored %q", names)
				}
				break
			}
		})
	}
}

// The coordinator of agents profiles the server.
func TestProfileWithAgents(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"tiny.yaml": `{name: tiny, protocols: [websocket], pattern: echo, load: {rate: 400/s, connections: 4}, phases: {warmup: 20ms, steady: 50ms}, profile: {duration: 1s}}`})
	o := s.rtbench("run", "tiny.yaml", "--agents", "2", "--local", "-q", "-o", "r")
	p := o.result("r").Cells[0].Profile
	if p == nil || p.Heap.File == "" || !(p.Heap.Messages > 300) {
		t.Fatalf("profile %+v\n%s%s", p, o.Stdout, o.Stderr)
	}
	if _, err := os.Stat(filepath.Join(s.Dir, "r", p.Heap.File)); err != nil {
		t.Error(err)
	}
}

// One URL cannot be that of two servers at the same time.
func TestGateRefusesOnePprofForTwoServers(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"hot.yaml": hotScenario})
	for _, c := range []struct{ flags, want string }{
		{"", "scenario hot has one URL of profiles for both servers; expected --base-pprof and --head-pprof"},
		{"--base-pprof http://a:1", "--base-pprof is given 1 times and --head-pprof 0 times"},
		{"--base-pprof a:1 --head-pprof http://b:1", "--base-pprof a:1: expected a URL such as http://127.0.0.1:6060"},
	} {
		args := append([]string{"gate", "hot.yaml", "--base", "tcp://127.0.0.1:1", "--head", "tcp://127.0.0.1:2", "-q"}, strings.Fields(c.flags)...)
		if o := s.rtbench(args...).wantCode(2); !strings.Contains(o.Stderr, c.want) {
			t.Errorf("%s: %s", c.flags, o.Stderr)
		}
	}
}
