//go:build linux

package acceptance

import (
	"testing"

	"rtbench/loadgen/foreign"
)

// Each record of a frame is a message of its own, in steps too.
func TestRecordsInAFrame(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	for style, path := range map[string]string{"rs": "", "lines": "", "sockjs": "", "array": "", "socketio": "[1]."} {
		t.Run(style, func(t *testing.T) {
			before := server.Ledger(t).Routes["/records"]
			r, o := newSession(t, nil).runScenario(t, `name: records
target: {websocket: "`+server.URL("ws", "/records?as="+style)+`"}
pattern: echo
steps: [{wait: {field: "`+path+`type", is: "6"}}, {wait: {field: "`+path+`type", is: ready}}, load]
messages: '{"id":{{.RequestNumber}}}'
match: {field: "`+path+`id"}
expect: {field: "`+path+`type", is: "3"}
load: {rate: 50/s, connections: 2}
phases: {warmup: 0s, steady: 1s, drain: 5s}
`)
			n, l := r.Whole(), server.Ledger(t).Routes["/records"]
			if received := uint64(l.Received - before.Received); received != 50 || n.Recorded != 50 || n.Unmatched != 50 || n.Failed > 0 {
				t.Errorf("%d received by the server, %+v\n%s", received, n, o.Stdout)
			}
		})
	}
}
