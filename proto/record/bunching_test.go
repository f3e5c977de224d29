package record

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A queue served in order, whose sender pauses: what the messages would have taken, had they
// been sent on time, is never below the bound.
func TestExcessBoundsAQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		const gap = 100_000 // between messages
		used := rapid.Float64Range(0.05, 0.6).Draw(t, "used")
		var b bunching
		var freeLate, freeOnTime, pausedUntil int64
		start := rapid.Int64Range(0, 1<<55).Draw(t, "start")
		for i := range int64(2000) {
			intended := start + i*gap
			if rng.IntN(200) == 0 {
				pausedUntil = max(pausedUntil, intended+rng.Int64N(20*gap))
			}
			sent := max(intended, pausedUntil)
			work := int64(used * gap)
			freeLate = max(freeLate, sent) + work
			freeOnTime = max(freeOnTime, intended) + work
			service, truth := freeLate-sent, freeOnTime-intended
			const rounding = 3 << unitBits
			if low := service - int64(b.excess(intended, sent))<<unitBits - rounding; low > truth {
				t.Fatalf("message %d: service %d, bound %d, but on time it takes %d (lag %d)", i, service, low, truth, sent-intended)
			}
		}
	})
}

func TestExcess(t *testing.T) {
	var b bunching
	ms := int64(time.Millisecond)
	for _, c := range []struct{ intended, sent, want int64 }{
		{0, 0, 0},
		{1 * ms, 9 * ms, 0},        // a pause of 8 ms
		{2 * ms, 9 * ms, 2140_000}, // in the same bunch
		{8 * ms, 9 * ms, 8140_000},
		{13 * ms, 13 * ms, 6860_000}, // on time, behind the bunch
		{6 * ms, 6 * ms, 0},          // received late, sent before the bunch
		{40 * ms, 40 * ms, 0},
	} {
		if got := int64(b.excess(c.intended, c.sent)) << unitBits; got < c.want-20_000 || got > c.want+20_000 {
			t.Errorf("due at %d, sent at %d: excess %d, want %d", c.intended, c.sent, got, c.want)
		}
	}
}
