//go:build linux

package acceptance

import (
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// The steps and messages of a stream use the same row, and rows wrap around. With per: message,
// each message uses the next row.
func TestStreamsKeepTheirRow(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	for rows, wrong := range map[string]bool{"rooms.csv": false, "{file: rooms.csv, per: stream}": false, "{file: rooms.csv, per: message}": true} {
		t.Run(rows, func(t *testing.T) {
			before := server.Ledger(t).Routes["/rooms"]
			s := newSession(t, map[string]string{"rooms.csv": "room\nred\ngreen\nblue\n"})
			r, o := s.measure(scenario{
				target: webSocketTarget(server, "/rooms"), load: "rate: 50/s, connections: 5", phases: "warmup: 0s, steady: 1s, drain: 5s",
				more: `steps: [{send: '{"join":"{{.Row.room}}"}'}, {wait: {field: joined}}, load]
messages: '{"id":{{.RequestNumber}},"room":"{{.Row.room}}"}'
match: {field: id}
rows: ` + rows,
			})
			n, l := r.AllPhases(), server.Ledger(t).Routes["/rooms"]
			if refused := l.Closed["4003"] - before.Closed["4003"]; (refused > 0) != wrong {
				t.Errorf("the server closed %d streams because of messages to another room", refused)
			}
			if !wrong && (n.Recorded != 50 || l.Received-before.Received != 55) {
				t.Errorf("%+v, the server received %d\n%s", n, l.Received-before.Received, o.Stdout)
			}
		})
	}
}
