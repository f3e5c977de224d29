package scenarios_test

import (
	"slices"
	"testing"
	"time"
)

// Connections are due at multiples of the gap that a rate, a duration or at-once gives.
func TestConnectionsAreDue(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, connections: 4, connect: [at-once, 50/s, 2s, 0.5k/s]}}")
	want := [][]time.Duration{
		{0, 0, 0, 0},
		{0, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond},
		{0, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond},
		{0, 2 * time.Millisecond, 4 * time.Millisecond, 6 * time.Millisecond},
	}
	for i, c := range s.Cells() {
		var due []time.Duration
		for n := range c.Connections {
			after, ok := c.ConnectAt(n)
			if !ok {
				t.Errorf("%s: connection %d has no time", c.ID(), n)
			}
			due = append(due, after)
		}
		if !slices.Equal(due, want[i]) || c.ConnectsFor() != want[i][3] {
			t.Errorf("%s: due at %v, want %v", c.ID(), due, want[i])
		}
	}
	if _, planned := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s}}").ConnectAt(0); planned {
		t.Error("connections are planned by default")
	}
}

func TestConnectErrors(t *testing.T) {
	t.Parallel()
	checkErrors(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, connect: ", "}}", map[string]string{
		"once":                         `found "once"; expected at-once, connections per second such as 100/s, or a duration such as 5s; did you mean "at-once"?`,
		"0/s":                          "expected at-once",
		"100":                          "expected at-once",
		"0.001/s, connections: 100000": "load.connect: opening 100000 connections at 0.001/s takes 27778h0m0s; expected at most 24h",
		"[100/s, 100/s]":               `found "100/s" twice`,
	})
}
