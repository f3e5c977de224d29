//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/loadgen/foreign"
)

// Where a call has several messages, the table says that it counts calls.
func TestABatchIsCountedAsACall(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "grpcio")
	s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {grpc: {url: "` + server.URL("grpc", "/chat.v1.Chat/Collect") + `", proto: chat/v1/chat.proto, import: ` + server.Proto + `, batch: 4}}
pattern: upload
messages: '{"id":{{.RequestNumber}}}'
load: {rate: 50/s}
phases: {warmup: 0s, steady: 1s, drain: 5s}
`})
	o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").wantCode(0)
	n, l := o.only().Counters, server.Ledger(t).Counts
	if n.Recorded != 50 || l.Received != 200 {
		t.Errorf("%d calls, and the server received %d messages; want 50 and 200", n.Recorded, l.Received)
	}
	if !strings.Contains(o.Stdout, "msg/s counts calls") || !strings.Contains(o.Stdout, "50.0 calls/s, which are 200 messages/s on the wire") {
		t.Errorf("the table does not say that it counts calls:\n%s", o.Stdout)
	}
}
