//go:build !nofleet

package fleet

import (
	"fmt"
	"math"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/report/stats"
	"rtbench/server"
)

// The merged times of three agents are distributed like those of a single one, and like the planted delays.
func TestTimesOfThreeAgentsAreThoseOfOne(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const low, high, falseAlarm = 100 * time.Millisecond, time.Second, 1e-6
	// Each stream has 1.25 s between its messages, so that none waits for the delay of another. Delays are long, so
	// that a busy machine adds little to them.
	times := func(agents int) result.Histogram {
		s, err := server.Start(server.Config{Fault: fmt.Sprintf("uniform=%v..%v", low, high)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		c := startCoordinator(t, nil)
		startAgents(t, c, agents)
		sc := parse(t,
			"{name: x, target: %q, protocols: websocket, pattern: echo, load: {rate: 240/s, connections: 300}, phases: {connect: 2s, warmup: 100ms, steady: 2s, drain: 5s}}", s.Info().Control)
		r := run(t.Context(), t, c, sc, nil)
		if r.Error != "" || r.Counters.Recorded != 480 || r.Response.Count() != 480 {
			t.Fatalf("%d agents: error %q, %d recorded", agents, r.Error, r.Counters.Recorded)
		}
		return r.Response
	}
	planted := func(at float64) float64 { return min(1, max(0, (at-float64(low))/float64(high-low))) }
	// A machine that stops all agents for a while shifts many times; a fault in merging shows each time.
	var problems []string
	for range 3 {
		one, three := distribution(times(1)), distribution(times(3))
		problems = nil
		for _, e := range []struct {
			name string
			a, b func(float64) float64
			n    int // of the test of one sample
		}{
			{"one agent and three", one, three, 480 * 480 / (480 + 480)},
			{"three agents and the planted delays", three, planted, 480},
		} {
			farthest := 0.0
			for at := 0.0; at < float64(2*high); at += float64(time.Millisecond) {
				farthest = max(farthest, math.Abs(e.a(at)-e.b(at)))
			}
			if critical := stats.KolmogorovCritical(e.n, falseAlarm); farthest > critical {
				problems = append(problems, fmt.Sprintf("%s: the distributions are %.3f apart; critical are %.3f", e.name, farthest, critical))
			}
		}
		if len(problems) == 0 {
			return
		}
	}
	t.Error(problems)
}

// distribution returns the share of the times up to a number of nanoseconds.
func distribution(h result.Histogram) func(float64) float64 {
	return func(at float64) float64 { return 1 - float64(h.Beyond(time.Duration(at)))/float64(h.Count()) }
}
