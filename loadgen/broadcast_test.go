package loadgen

import (
	"fmt"
	"testing"

	"rtbench/internal/testserver/faulty"
)

// If a server echoes each message to all streams, a stream counts only its own. Another stream's
// message must not stand in for one that is still outstanding.
func TestStreamsIgnoreBroadcastEchoes(t *testing.T) {
	t.Parallel()
	for _, load := range []string{"{rate: 200/s, connections: 3}", "{model: closed, connections: 3, think: 5ms}"} {
		t.Run(load, func(t *testing.T) {
			s := faulty.Start(t, faulty.Find(t, "websocket", "broadcasts to all streams"))
			n := runCustom(t, fmt.Sprintf(`
target: {websocket: '%s'}
pattern: echo
load: %s
phases: {warmup: 0s, steady: 500ms, drain: 2s}
`, s.URL, load), "").Counters
			if n.AllSent == 0 || n.AllSent != n.AllReceived+n.Lost || n.Duplicates > 0 || n.Unmatched == 0 {
				t.Errorf("counted %+v", n)
			}
		})
	}
}
