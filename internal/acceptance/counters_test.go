//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"net"
	"testing"
)

// A reply function returns what a line server answers to line n of a connection, counted from
// 0; an empty answer is none.
type reply func(n int, line string) string

// lineServer starts a server of lines and returns its host and port. It ends with the test.
func lineServer(t *testing.T, answer reply) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewScanner(c)
				for n := 0; in.Scan(); n++ {
					if text := answer(n, in.Text()); text != "" {
						if _, err := fmt.Fprintln(c, text); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// Messages lost in the warm-up are counted there, and `lost == 0` is about the steady phase.
func TestLossInTheWarmup(t *testing.T) {
	t.Parallel()
	address := lineServer(t, func(n int, line string) string {
		if n < 20 {
			return ""
		}
		return line
	})
	s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {tcp: "tcp://` + address + `"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: {rate: 200/s, connections: 2}
phases: {warmup: 500ms, steady: 500ms, drain: 5s}
thresholds: [lost == 0, errors == 0, failed_rate == 0]
`})
	o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r")
	r := o.result("r").Cells[0].Repetitions[0]
	for _, th := range r.Thresholds {
		if !th.Holds {
			t.Errorf("%s does not hold", th.Text)
		}
	}
	n, warmup := r.Counters, r.OtherPhases.Warmup
	if n.Planned != 100 || n.Due != 100 || n.Sent != 100 || n.Recorded != 100 || n.Lost+n.NotSent+n.Failed != 0 {
		t.Errorf("steady phase: %+v", n)
	}
	if warmup == nil || warmup.Sent != 100 || warmup.Recorded != 60 || warmup.Lost != 40 || warmup.Failed != 40 {
		t.Errorf("warm-up: %+v", warmup)
	}
}
