//go:build linux

package acceptance

import (
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// Each record of a frame is a separate message, in steps too.
func TestRecordsInAFrame(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	for style, path := range map[string]string{"rs": "", "lines": "", "sockjs": "", "array": "", "socketio": "[1]."} {
		t.Run(style, func(t *testing.T) {
			before := server.Ledger(t).Routes["/records"]
			r, o := newSession(t, nil).measure(scenario{
				target: webSocketTarget(server, "/records?as="+style), load: "rate: 50/s, connections: 2", phases: "warmup: 0s, steady: 1s, drain: 5s",
				more: strings.ReplaceAll(`steps: [{wait: {field: "PATHtype", is: "6"}}, {wait: {field: "PATHtype", is: ready}}, load]
messages: '{"id":{{.RequestNumber}}}'
match: {field: "PATHid"}
expect: {field: "PATHtype", is: "3"}
`, "PATH", path),
			})
			n, l := r.AllPhases(), server.Ledger(t).Routes["/records"]
			if received := uint64(l.Received - before.Received); received != 50 || n.Recorded != 50 || n.Unmatched != 50 || n.Failed > 0 {
				t.Errorf("%d received by the server, %+v\n%s", received, n, o.Stdout)
			}
		})
	}
}
