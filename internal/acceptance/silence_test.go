//go:build linux

package acceptance

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/internal/testrun"
)

// tickingServer starts a server that sends numbered lines every 5 ms on each connection. 400 ms
// after the first connection it resets all connections and refuses new ones for the outage,
// forever if that is 0.
func tickingServer(t *testing.T, outage time.Duration) string {
	t.Helper()
	var down atomic.Bool
	return listen(t).serve(func(n int, c net.Conn) {
		if n == 0 {
			time.AfterFunc(400*time.Millisecond, func() {
				down.Store(true)
				if outage > 0 {
					time.AfterFunc(outage, func() { down.Store(false) })
				}
			})
		}
		_ = c.(*net.TCPConn).SetLinger(0) // makes the close a reset
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for n := 0; !down.Load(); n++ {
			if _, err := fmt.Fprintf(c, "{\"seq\":%d}\n", n); err != nil {
				return
			}
			<-tick.C
		}
	})
}

// A subscriber reports an outage as a silence, from the last message before it to the first one
// after it or to the end of the phase. Every message is counted, including the first of a
// stream, which ends no gap.
func TestOutageIsReportedAsSilence(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		name   string
		outage time.Duration // 0 for forever
		more   string
	}{
		{"for a while", 300 * time.Millisecond, "match: {field: seq}\n"},
		{"for good", 0, "match: {field: seq}\n"},
		{"for a while, not numbered", 300 * time.Millisecond, ""},
		{"for good, without reconnecting", 0, "match: {field: seq}\nreconnect: none\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, o := newSession(t, nil).measure(scenario{
				pattern: "push", target: tcpTarget(tickingServer(t, c.outage)), load: "connections: 2", phases: "warmup: 100ms, steady: 1500ms, drain: 0s",
				more: c.more + "stall: 250ms\nthresholds: [max < 250ms, failed_rate < 0.5]",
			})
			o.wantCode(99)
			silence := 250 * time.Millisecond // it takes a moment until all streams have stopped
			if c.outage == 0 {
				silence = 750 * time.Millisecond
			}
			a := r.Arrivals
			if a.Longest < silence || a.Gap.Max() < silence || r.Response.Max() < silence || a.Stalls < 2 {
				t.Errorf("longest silence %v, longest gap %v, %d stalls; the server was silent for %v", a.Longest, a.Gap.Max(), a.Stalls, silence)
			}
			for _, threshold := range r.Thresholds {
				if threshold.Holds || strings.HasPrefix(threshold.Text, "failed_rate") && !strings.Contains(threshold.Error, "open for") {
					t.Errorf("%+v", threshold)
				}
			}
			n, whole := r.Counters, r.AllPhases()
			if n.Due != n.Recorded+n.Failed || whole.Due != whole.AllReceived+whole.Lost || whole.AllReceived == 0 {
				t.Errorf("the counts do not add up: steady phase %+v, all phases %+v", n, whole)
			}
		})
	}
}
