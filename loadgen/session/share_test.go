package session

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/pace"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// The messages of all shares are due exactly when those of one generator are, and at least one generator
// has each stream.
func TestSharesAreTheWholeLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cell.Config{
			Protocol: "tcp", Pattern: rapid.SampledFrom([]string{"echo", "push", "upload"}).Draw(t, "pattern"), Model: "open",
			Arrivals: rapid.SampledFrom([]string{string(pace.Constant), string(pace.Poisson)}).Draw(t, "arrivals"),
			Rate:     rapid.Float64Range(10, 5000).Draw(t, "rate"), Seed: rapid.Int64().Draw(t, "seed"),
			Connections: rapid.IntRange(1, 40).Draw(t, "connections"), Streams: rapid.IntRange(1, 4).Draw(t, "streams"),
			Warmup: 50 * time.Millisecond, Steady: 200 * time.Millisecond,
		}
		due := func(s cell.Share) (list []time.Duration, streams int) {
			g := New(t.Context(), Config{Scenario: &scenarios.Scenario{}, Cell: c, Share: s})
			defer g.Close()
			g.Timing = NewTiming(&g.Cell, pace.Turns{}, 1000)
			for n := range g.Streams() {
				plan := g.call(g.stream(n)).Plan()
				for d, ok := plan.Next(); ok; d, ok = plan.Next() {
					list = append(list, d)
				}
			}
			return list, g.Streams()
		}
		whole, streams := due(cell.Share{})
		var all []time.Duration
		of := rapid.IntRange(1, 7).Draw(t, "generators")
		for i := range of {
			part, n := due(cell.Share{Index: i, Of: of})
			all, streams = append(all, part...), streams-n
		}
		slices.Sort(whole)
		slices.Sort(all)
		if streams != 0 || !slices.Equal(whole, all) {
			t.Fatalf("%d generators send %d messages, one %d; %d streams left", of, len(all), len(whole), streams)
		}
	})
}

// With a connection per stream, and a number of them that the generators divide, generator j of A takes
// arrivals j, j+A, j+2·A … of the schedule.
func TestConstantArrivalsAreTakenInTurn(t *testing.T) {
	t.Parallel()
	c := cell.Config{Protocol: "tcp", Pattern: "echo", Model: "open", Arrivals: "constant", Rate: 1000, Connections: 12, Streams: 1, Steady: time.Second}
	const of = 3
	for j := range of {
		g := New(t.Context(), Config{Scenario: &scenarios.Scenario{}, Cell: c, Share: cell.Share{Index: j, Of: of}})
		g.Timing = NewTiming(&g.Cell, pace.Turns{}, 1000)
		var list []time.Duration
		for n := range g.Streams() {
			plan := g.call(g.stream(n)).Plan()
			for d, ok := plan.Next(); ok; d, ok = plan.Next() {
				list = append(list, d)
			}
		}
		g.Close()
		slices.Sort(list)
		for k, d := range list {
			if want := time.Duration(k*of+j) * time.Millisecond; d != want {
				t.Fatalf("message %d of generator %d is due at %v, not %v", k, j, d, want)
			}
		}
	}
}

// However many generators share a cell, an event ends the same of its connections.
func TestSharesEndTheSameConnections(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := cell.Config{Protocol: "tcp", Pattern: "echo", Model: "open", Connections: rapid.IntRange(1, 200).Draw(t, "connections"), Streams: 1}
		percent := rapid.Float64Range(0.1, 100).Draw(t, "percent")
		ended := func(of int) (list []int) {
			for j := range of {
				g := New(t.Context(), Config{Scenario: &scenarios.Scenario{}, Cell: c, Share: cell.Share{Index: j, Of: of}})
				for range g.Share.Connections(&c) {
					g.drivers = append(g.drivers, &connection{})
				}
				g.disconnect(percent, false)
				for i, d := range g.drivers {
					if d.cuts.Load() > 0 {
						list = append(list, g.Share.Connection(i))
					}
				}
			}
			slices.Sort(list)
			return list
		}
		one, many := ended(1), ended(rapid.IntRange(2, 7).Draw(t, "generators"))
		if !slices.Equal(one, many) {
			t.Fatalf("one ends %v, several end %v", one, many)
		}
	})
}
