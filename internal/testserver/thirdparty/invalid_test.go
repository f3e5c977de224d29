//go:build linux

package thirdparty

import (
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Messages other than JSON objects close the WebSocket and are counted.
func TestInvalidMessages(t *testing.T) {
	t.Parallel()
	s := Start(t, "fastapi")
	for _, c := range []struct {
		op      ws.OpCode
		message string
	}{{ws.OpText, "garbage"}, {ws.OpText, "5"}, {ws.OpBinary, "{}"}} {
		conn := mustDial(t, s, "/ws")
		if err := wsutil.WriteClientMessage(conn, c.op, []byte(c.message)); err != nil {
			t.Fatal(err)
		}
		expectClose(t, conn, 1007)
	}
	check(t, "/ws", s.Ledger(t).Routes["/ws"], 3, 2, 0, map[string]int{"1007": 3})
}
