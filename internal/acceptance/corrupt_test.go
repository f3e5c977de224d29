//go:build linux

package acceptance

import (
	"strings"
	"sync/atomic"
	"testing"
)

// A corrupt reply is an error reply: its message fails once and is not lost.
func TestCorruptRepliesAreNotLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		load, message string
		lost          uint64
	}{
		"open loop":           {load: "rate: 100/s, connections: 2"},
		"closed loop":         {load: "model: closed, connections: 2, think: 5ms"},
		"header in a field":   {load: "rate: 100/s, connections: 2", message: "messages: '{\"h\":\"{{.Header}}\"}'\nmatch: {header: h}\n"},
		"some lost and wrong": {load: "rate: 100/s, connections: 2", lost: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var corrupt atomic.Uint64
			address := lineServer(t, func(n int, line string) string {
				switch {
				case n%5 == 1 && c.lost > 0:
					return ""
				case n%5 == 3:
					corrupt.Add(1)
					at := strings.LastIndexAny(line, "abcdefghijklmnopqrstuvwxyz")
					return line[:at] + strings.ToUpper(line[at:at+1]) + line[at+1:]
				}
				return line
			})
			r, o := newSession(t, nil).measure(scenario{
				target: tcpTarget(address), load: c.load, phases: "warmup: 200ms, steady: 500ms, drain: 500ms",
				more: c.message + "thresholds: [lost == 0]",
			})
			n, all := r.Counters, r.AllPhases()
			if n.Corrupt == 0 || all.Corrupt != corrupt.Load() || n.ErrorReplies != n.Corrupt || n.Lost != c.lost || n.Failed != n.Corrupt+c.lost {
				t.Errorf("%d of %d corrupt, %+v\n%s", all.Corrupt, corrupt.Load(), n, o.Stdout)
			}
			if len(c.message) == 0 && n.Due != n.Recorded+n.Failed {
				t.Errorf("%d due, %d recorded, %d failed", n.Due, n.Recorded, n.Failed)
			}
			if r.Thresholds[0].Holds != (c.lost == 0) {
				t.Errorf("%+v", r.Thresholds[0])
			}
		})
	}
}
