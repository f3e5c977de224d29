//go:build linux

package acceptance

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// roomServer starts a line server that sends each line to all connections, including the
// sender's if echoes is set. The last connection misses every tenth line.
func roomServer(t *testing.T, connections int, echoes bool) string {
	t.Helper()
	var mu sync.Mutex
	var open []net.Conn
	return listen(t).serve(func(_ int, c net.Conn) {
		mu.Lock()
		open = append(open, c)
		mu.Unlock()
		answerLines(c, func(n int, line string) string {
			mu.Lock()
			defer mu.Unlock()
			for i, to := range open {
				if withheld := i == connections-1 && n%10 == 0; !withheld && (echoes || to != c) {
					_, _ = fmt.Fprintln(to, line)
				}
			}
			return ""
		})
	})
}

// A fan-out counts deliveries, one per receiver, and counts published messages separately.
func TestFanoutCountsDeliveries(t *testing.T) {
	t.Parallel()
	for name, receivers := range map[string]uint64{"to all": 3, "to all others": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, o := newSession(t, nil).measure(scenario{
				pattern: "fanout", target: tcpTarget(roomServer(t, 3, receivers == 3)),
				load: "rate: 100/s, connections: 3", phases: "warmup: 0s, steady: 1s, drain: 1s",
			})
			n := r.Counters
			if n.Published == 0 || n.Sent != receivers*n.Published || n.Due != n.Sent+n.NotSent || n.Due != n.Recorded+n.Failed {
				t.Errorf("the counts do not add up: %+v\n%s", n, o.Stdout)
			}
			if n.Planned != n.Due || n.SenderExcluded != (receivers == 2) {
				t.Errorf("%+v", n)
			}
		})
	}
}

// A server that sends messages to everyone except the publisher loses none.
func TestFanoutThatExcludesTheSender(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "node-ws")
	for path, receivers := range map[string]uint64{"/others": 3, "/room": 4} {
		r, o := newSession(t, nil).measure(scenario{
			pattern: "fanout", target: webSocketTarget(server, path), load: "rate: 100/s, connections: 4",
			phases: "warmup: 100ms, steady: 500ms, drain: 10s", more: "thresholds: [lost == 0, errors == 0]",
		})
		n := r.Counters
		wantBalance(t, n)
		if n.Published != 50 || n.Sent != 50*receivers || n.Planned != 50*receivers || n.Recorded != 50*receivers || n.Failed != 0 || n.SenderExcluded != (receivers == 3) {
			t.Errorf("%s: %+v", path, n)
		}
		o.wantThreshold("lost == 0", true, "lost = 0")
		if strings.Contains(o.Stdout, "publishers do not count as receivers") != (receivers == 3) {
			t.Errorf("%s: the delivery rule is missing or wrong:\n%s", path, o.Stdout)
		}
	}
}
