//go:build linux

package thirdparty

import (
	"strconv"
	"testing"
)

// Judge runs the protocol's client by its authors against the server, for servers that have one: it sends so many
// messages, and stays connected for a few pings or heartbeats. The test fails unless each message is answered. It returns the ledger of that.
func (s *Server) Judge(t testing.TB, messages int) Ledger {
	t.Helper()
	client := startProcess(t, s.dir, s.env, nil, "node", "client.js", s.Host, strconv.Itoa(messages))
	var said struct {
		Replies int
		Open    bool
	}
	client.line(t, &said)
	client.stop()
	if said.Replies != messages || !said.Open {
		t.Errorf("the client by the protocol's authors has %d replies to %d messages, connected at the end: %v", said.Replies, messages, said.Open)
	}
	return s.Ledger(t)
}
