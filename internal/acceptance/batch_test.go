//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/internal/testserver/thirdparty"
)

// If a call carries several messages, the table counts calls and says so.
func TestBatchCountsCalls(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "grpcio")
	r, o := newSession(t, nil).measure(scenario{
		pattern: "upload", target: strings.Replace(chatTarget(server, "Collect"), "{", "{batch: 4, ", 1),
		load: "rate: 50/s", phases: "warmup: 0s, steady: 1s, drain: 5s", more: `messages: '{"id":{{.RequestNumber}}}'`,
	})
	o.wantMeasured()
	n, l := r.Counters, server.Ledger(t).Counts
	if n.Recorded != 50 || l.Received != 200 {
		t.Errorf("%d calls, and the server received %d messages; want 50 and 200", n.Recorded, l.Received)
	}
	if !strings.Contains(o.Stdout, "msg/s and all message counts count calls") || !strings.Contains(o.Stdout, "50.0 calls/s = 200 messages/s on the wire") {
		t.Errorf("the table does not say that it counts calls:\n%s", o.Stdout)
	}
}
