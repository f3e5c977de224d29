//go:build linux

package loadgen

import (
	"fmt"
	"testing"
)

// In a flood each side's CPU time is divided by what that side handled in the steady phase: many
// messages wait in between.
func TestFloodCountsBothSides(t *testing.T) {
	t.Parallel()
	for pattern, serverReceives := range map[string]bool{"push": false, "upload": true} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			arrived := uint64(0) // over one protocol there may be none, if the other end occupies the cores
			for _, protocol := range []string{"tcp", "websocket", "sse", "sse-h2", "grpc"} {
				r := runOne(t, Options{Server: withFault(t, "")}, fmt.Sprintf("name: flood\nprotocols: [%s]\npattern: %s\n"+
					"load: {model: closed, connections: 4}\nphases: {warmup: 50ms, steady: 100ms, drain: 5s}\n", protocol, pattern))
				n := r.Counters
				got, other := r.Client.Received, r.Server.Received
				if serverReceives {
					got, other = other, got
				}
				arrived += n.Arrived
				if got != n.Arrived || other != 0 || n.Lost != 0 {
					t.Errorf("%s: %d sent, %d arrived and %d lost; client %d, server %d received", protocol,
						n.Recorded, n.Arrived, n.Lost, r.Client.Received, r.Server.Received)
				}
			}
			if arrived == 0 {
				t.Error("no message arrived over any protocol")
			}
		})
	}
}

// The time that the client spends in calls of Send is kept.
func TestTimeOfSendingIsKept(t *testing.T) {
	t.Parallel()
	r := runOne(t, Options{Server: withFault(t, "")}, "name: sending\nprotocols: [tcp]\npattern: echo\n"+
		"load: {rate: 4k/s, connections: 2}\nphases: {warmup: 50ms, steady: 300ms}\n")
	if n := r.Client.Sending.Count(); n == 0 {
		t.Errorf("%d of %d messages have a time of sending", n, r.Counters.Recorded)
	}
}
