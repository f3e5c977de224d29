package session

import (
	"testing"
	"time"

	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// The drain waits for messages until its end, or for half of it if it is unknown whether they were sent.
func TestHowLongTheDrainWaits(t *testing.T) {
	t.Parallel()
	group := func(c cell.Config, of int) *Group {
		c.Protocol, c.Model, c.Connections, c.Streams, c.Drain = "tcp", cell.Open, 4, 1, 2*time.Second
		g := New(t.Context(), Config{Scenario: &scenarios.Scenario{}, Cell: c, Share: cell.Share{Of: of}})
		t.Cleanup(g.Close)
		return g
	}
	comeAndGo := cell.Config{Pattern: "echo", Join: cell.Join{Rate: 1}}
	for name, c := range map[string]struct {
		senders cell.Config
		of      int
		want    time.Duration
	}{
		"senders who stay":              {cell.Config{Pattern: "echo"}, 3, 2 * time.Second},
		"senders who come and go":       {comeAndGo, 1, 2 * time.Second},
		"senders who come and go apart": {comeAndGo, 3, time.Second},
	} {
		listeners := group(cell.Config{Pattern: "fanout", From: "senders"}, c.of)
		listeners.Receive(group(c.senders, c.of))
		if got := (&drainer{listeners}).quiet(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
