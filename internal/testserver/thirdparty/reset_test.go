//go:build linux

package thirdparty

import (
	"net"
	"testing"

	"rtbench/internal/testrun"
)

// A connection that the client resets is counted once and does not stay open.
func TestReset(t *testing.T) {
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		name, path, message string
		times               int
	}{
		{"python-websockets", "/echo", "x", 100},
		{"python-websockets", "/jsonrpc", `{"id":1,"method":"sum","params":[1,2]}`, 100},
		{"python-websockets", "/feed", `{"type":"auth","token":"` + Token + `"}`, 1},
		{"fastapi", "/ws", `{"id":1}`, 100},
		{"node-ws", "/echo", "x", 100},
		{"node-ws", "/room", "x", 100},
		{"nginx", "/ws", `{"id":1}`, 100},
	} {
		t.Run(c.name+c.path, func(t *testing.T) {
			t.Parallel()
			s := Start(t, c.name)
			const connections = 5
			for range connections {
				conn := mustDial(t, s, c.path)
				for range c.times {
					write(t, conn, c.message)
				}
				read(t, conn)
				if tcp, ok := conn.(*net.TCPConn); ok {
					_ = tcp.SetLinger(0) // send a reset
				}
				conn.Close()
			}
			l := s.Ledger(t).Routes[c.path]
			closed := 0
			for _, n := range l.Closed {
				closed += n
			}
			if l.Connections != connections || closed != connections || l.Sent < connections {
				t.Errorf("counted %+v, expected %d connections, all closed", l, connections)
			}
		})
	}
}
