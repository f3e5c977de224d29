//go:build !nofleet

package fleet

import (
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/clock"
	"rtbench/report/result"
)

// However long questions and answers take, a planted offset lies within the bound, and so does each time until
// the end of the task, if the clock runs at another rate.
func TestReadingsBoundTheOffset(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.Int64Range(-1e15, 1e15).Draw(t, "offset")
		rate := 1 + rapid.Float64Range(-1e-4, 1e-4).Draw(t, "drift")
		now := int64(5e12)
		begin := now
		there := func() int64 { return begin + offset + int64(float64(now-begin)*rate) }
		pass := rapid.Int64Range(0, 3e6)
		ask := func() (int64, error) {
			now += pass.Draw(t, "question")
			at := there()
			now += pass.Draw(t, "answer")
			return at, nil
		}
		check := func(r reading) {
			// The clocks drift while the question is answered.
			if off := there() - now - r.offset; absolute(off) > r.bound+int64(2e-4*6e6*clockRounds)+2 {
				t.Fatalf("offset %d is wrong by %d, bound %d", r.offset, off, r.bound)
			}
		}
		before, _ := readClock(ask, func() int64 { return now })
		check(before)
		now += rapid.Int64Range(1e9, 6e10).Draw(t, "task")
		after, _ := readClock(ask, func() int64 { return now })
		check(after)
		agreed := agreement(before, after)
		if off := there() - now - before.offset; absolute(off) > int64(agreed.Bound)+int64(2e-4*6e6*clockRounds)+2 {
			t.Fatalf("at the end the clocks differ by %d more than before; bound %v", off, agreed.Bound)
		}
	})
}

// A coordinator whose clock is 1,000 s ahead gives agents the same origin as one that shares their clock.
func TestAgentsOnAnotherClock(t *testing.T) {
	t.Parallel()
	const ahead = 1000 * time.Second
	c, s := startCoordinator(t, nil), startServer(t)
	c.clockID = "planted"
	c.clock = func() int64 { return clock.Now() + int64(ahead) }
	startAgents(t, c, 2)
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
