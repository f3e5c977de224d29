//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

// The exit code is 113 only if the load was not generated. A server's failure is the first line, and
// lacking data comes with the time to measure instead.
func TestExitCodeWithoutThresholds(t *testing.T) {
	t.Parallel()
	lossy := listen(t).serve(func(_ int, c net.Conn) {
		for n, in := 0, bufio.NewScanner(c); in.Scan(); n++ {
			if n%10 != 5 {
				_, _ = fmt.Fprintln(c, in.Text())
			}
		}
	})
	lines := scenario{target: tcpTarget(lossy), load: "rate: 1k/s, connections: 2", phases: "warmup: 0s, steady: 300ms, drain: 200ms", more: "messages: '{\"id\":{{.RequestNumber}}}'\nmatch: {field: id}"}
	for name, c := range map[string]struct {
		run         scenario
		code        int
		first, word string
	}{
		"not generated": {scenario{load: "rate: 1500k/s, connections: 1", phases: "warmup: 0s, steady: 200ms, drain: 200ms", more: "protocols: grpc"}, 113, "", "load not generated"},
		"too few":       {scenario{load: "rate: 200/s, connections: 1", phases: "warmup: 0s, steady: 200ms, drain: 1s", more: "protocols: tcp"}, 0, "", "p99 needs 368 independent messages"},
		"lossy":         {lines, 0, "server failed", "lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, nil)
			o := s.runScenario(c.run).wantCode(c.code)
			text := s.rtbench("report", o.Dir+"/r", "--why").Stdout
			if !strings.HasPrefix(text, c.first) || !strings.Contains(text, c.word) {
				t.Errorf("want %q first, and %q, in\n%s", c.first, c.word, text)
			}
			if !strings.HasPrefix(strings.ToLower(o.Stdout), c.first) {
				t.Errorf("want %q first in\n%s", c.first, o.Stdout)
			}
		})
	}
}
