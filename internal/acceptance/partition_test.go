//go:build linux

package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// A Node server with heartbeats drops everyone in a partition that is longer than two of them. rtbench hears of that
// when the partition ends, reconnects, and both ends count the same; every planned message is answered or missed.
// Without heartbeats nobody notices, and everything is answered late.
func TestPartitionOfATarget(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const streams = 10
	for path, noticed := range map[string]uint64{"/alive": streams, "/echo": 0} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			server := thirdparty.Start(t, "node-ws")
			r, o := newSession(t, nil).measure(scenario{
				target: onWebSocket(path)(server), load: fmt.Sprintf("rate: 100/s, connections: %d", streams), phases: "warmup: 0s, steady: 6s, drain: 10s",
				more: numbered + "events: [{at: 500ms, partition: 2500ms}]\nreconnect: {policy: full-jitter, base: 100ms, cap: 400ms}\n",
			})
			if len(r.Storms) == 0 || r.Storms[0].Partition == nil {
				t.Fatalf("%s\n%+v", o.Stdout, r.Storms)
			}
			s, n, l := r.Storms[0], r.Counters, server.Ledger(t)
			back, ended := uint64(s.Back.Count()), uint64(0)
			for _, times := range s.Ended {
				ended += times
			}
			if s.Cut < noticed || ended != s.Cut || back != s.Cut || s.GaveUp != 0 || noticed == 0 && s.Cut > 0 {
				t.Errorf("%+v, want %d ended", s, noticed)
			}
			if first := s.Back.Quantile(0); back > 0 && first < s.Partition.Length {
				t.Errorf("a stream is back %v after the beginning of a partition of %v", first, s.Partition.Length)
			}
			if uint64(l.Connections) != streams+n.Reopened || n.AllReceived != n.Recorded {
				t.Errorf("the server had %d connections; rtbench counts %+v", l.Connections, n)
			}
			if n.Recorded+r.Missed.Count() != n.Planned || n.Failed != r.Missed.Count() || (noticed > 0) != (n.Failed > 0) || n.Duplicates != 0 {
				t.Errorf("missed %+v of %+v", r.Missed, n)
			}
			p := s.Partition
			if p.Streams != streams || p.Served.Count() != streams || noticed == 0 && p.Delayed < 250 {
				t.Errorf("%+v", p)
			}
			if reasons := strings.Join(r.Validity.Reasons(), "\n"); !strings.Contains(reasons, "arrived after it") || strings.Contains(reasons, "did not accept") || strings.Contains(reasons, "were reopened") {
				t.Error(reasons)
			}
			if !strings.Contains(o.Stdout, "partition of 2.5s at 500 ms") || (noticed > 0) != strings.Contains(o.Stdout, "! websocket: ") {
				t.Error(o.Stdout)
			}
		})
	}
}
