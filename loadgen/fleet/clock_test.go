//go:build !nofleet

package fleet

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/loadgen"
	"rtbench/proto/clock"
	"rtbench/report/result"
)

// runBehind runs tasks of a coordinator with a planted clock, which is ahead of that of agents and server.
func runBehind(ahead time.Duration) func(context.Context, loadgen.Task, func(result.Status, []loadgen.Delta)) *loadgen.Part {
	return func(ctx context.Context, task loadgen.Task, note func(result.Status, []loadgen.Delta)) *loadgen.Part {
		task.ServerAhead = -int64(ahead)
		return loadgen.RunShare(ctx, task, note)
	}
}

// A coordinator whose clock is 1,000 s ahead gives agents the same origin as one that shares their clock.
func TestAgentsOnAnotherClock(t *testing.T) {
	t.Parallel()
	const ahead = 1000 * time.Second
	c, s := startCoordinator(t, nil), startServer(t)
	c.clockID = "planted"
	c.clock = func() int64 { return clock.Now() + int64(ahead) }
	for _, name := range []string{"agent-0", "agent-1"} {
		startAgent(t, &Agent{Bus: c.bus, Name: name, Run: runBehind(ahead)})
	}
	gather(t, c, 2)
	var steady atomic.Bool
	r := run(t.Context(), t, c, scenario(t, s, "1s"), func(st result.Status) {
		if st.Phase == "steady" {
			steady.Store(true)
		}
	})
	if r.Error != "" || r.Counters.Recorded != 900 || !steady.Load() {
		t.Fatalf("error %q, %d recorded", r.Error, r.Counters.Recorded)
	}
	for _, a := range r.Agents {
		if a.Clock == nil {
			t.Fatalf("agent %s has no reading of the clock", a.Name)
		}
		if off := a.Clock.Offset - ahead; max(off, -off) > a.Clock.Bound {
			t.Errorf("agent %s: offset %v, planted %v, bound %v", a.Name, a.Clock.Offset, ahead, a.Clock.Bound)
		}
	}
}

// A coordinator whose clock runs a thousandth faster gives agents the right origin too. What it drifts during the
// repetition is measured, and adds to the bound.
func TestClockOfAnotherRate(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const ahead, rate = 1000 * time.Second, 1e-3
	c, s := startCoordinator(t, nil), startServer(t)
	began := clock.Now()
	c.clockID = "planted"
	c.clock = func() int64 {
		now := clock.Now()
		return now + int64(ahead) + int64(rate*float64(now-began))
	}
	for _, name := range []string{"agent-0", "agent-1"} {
		startAgent(t, &Agent{Bus: c.bus, Name: name, Run: runBehind(ahead)})
	}
	gather(t, c, 2)
	r := run(t.Context(), t, c, scenario(t, s, "2s"), nil)
	if r.Error != "" || r.Counters.Recorded != 1800 {
		t.Fatalf("error %q, %d recorded", r.Error, r.Counters.Recorded)
	}
	for _, a := range r.Agents {
		o := a.Clock
		if o == nil {
			t.Fatalf("agent %s has no reading of the clock", a.Name)
		}
		const least = 2 * time.Second // between the readings
		// The bound is that of the readings and the drift since.
		if readings := float64(o.Bound)/float64(least) - o.Drift; math.Abs(o.Drift-rate) > readings {
			t.Errorf("agent %s: drift %v, planted %v, bound %v", a.Name, o.Drift, rate, o.Bound)
		}
	}
}
