//go:build linux

package acceptance

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"rtbench/internal/testrun"
)

// pausingServer is a Python server that returns each line after a pause, in milliseconds.
const pausingServer = `import asyncio, sys
async def serve(r, w):
    while line := await r.readline():
        await asyncio.sleep(float(sys.argv[2]) / 1000)
        w.write(line)
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as s:
        await s.serve_forever()
asyncio.run(main())
`

// freePort returns a port of the loopback interface that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// The gate starts a user's own servers, waits until they answer, reads their CPU time, and stops them.
func TestGateStartsCustomServers(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	base, head := freePort(t), freePort(t)
	s := newSession(t, map[string]string{"server.py": pausingServer, "s.yaml": `{name: lines, target: {tcp: "tcp://127.0.0.1:1"}, pattern: echo,
		messages: '{"id":{{.RequestNumber}}}', match: {field: id}, load: {rate: 200/s, connections: 2}, phases: {warmup: 100ms, steady: 300ms}}`})
	start := func(port int, pause string) (target, url string) {
		return fmt.Sprintf("exec:%s server.py %d %s", python, port, pause), fmt.Sprintf("tcp://127.0.0.1:%d", port)
	}
	baseTarget, baseURL := start(base, "2")
	headTarget, headURL := start(head, "40")
	o := s.rtbench("gate", "s.yaml", "--base", baseTarget, "--base-url", baseURL, "--head", headTarget, "--head-url", headURL,
		"--pairs", "6", "--level", "0.4", "--floor", "1", "--metrics", "p50", "-q", "-o", "g").wantCode(111)
	for _, side := range []string{"g/base", "g/head"} {
		for i, r := range o.result(side).Cells[0].Repetitions {
			if r.Error != "" || r.Counters.Recorded == 0 || !r.Server.Known || r.Turns == nil {
				t.Errorf("%s, repetition %d: %q, %d recorded, server known: %t, turns %+v", side, i, r.Error, r.Counters.Recorded, r.Server.Known, r.Turns)
			}
		}
	}
	for _, port := range []int{base, head} {
		if nc, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = nc.Close()
			t.Errorf("the server at port %d still listens", port)
		}
	}
}

func TestGateRefusesCustomServers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := "tcp://" + l.Addr().String()
	s := newSession(t, map[string]string{"tiny.yaml": tinyScenario, "lines.yaml": `{name: lines, target: {tcp: "tcp://127.0.0.1:1"}, pattern: echo,
		messages: 'm', match: order, load: {model: closed}}`})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"lines.yaml", "--base", "exec:sleep 9", "--head", "tcp://127.0.0.1:1"}, 2, "expected --base-url with the URL of that server"},
		{[]string{"tiny.yaml", "--base", "exec:sleep 9", "--base-url", "tcp://127.0.0.1:1", "--head", "127.0.0.1:1"}, 2, "its server prints its addresses"},
		{[]string{"lines.yaml", "--base", "tcp://127.0.0.1:1", "--base-url", "tcp://127.0.0.1:1", "--head", "tcp://127.0.0.1:1"}, 2, "expected exec:COMMAND, whose server it is"},
		{[]string{"lines.yaml", "--base", "exec:sleep 9", "--base-url", "127.0.0.1:1", "--head", "tcp://127.0.0.1:1"}, 2, "expected a URL"},
		{[]string{"lines.yaml", "--base", "exec:sleep 9", "--base-url", taken, "--head", "tcp://127.0.0.1:1"}, 115, "something already listens at"},
		{[]string{"lines.yaml", "--base", "exec:echo no >&2; exit 3", "--base-url", fmt.Sprintf("tcp://127.0.0.1:%d", freePort(t)), "--head", "tcp://127.0.0.1:1"}, 115, "exit status 3: no"},
	} {
		if o := s.rtbench(append([]string{"gate", "-q", "-o", "g"}, c.args...)...).wantCode(c.code); !strings.Contains(o.Stderr, c.want) || strings.Count(strings.TrimSpace(o.Stderr), "\n") > 0 {
			t.Errorf("%q: %s", c.args, o.Stderr)
		}
	}
}
