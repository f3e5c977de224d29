package result

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/record"
)

// answered returns answers whose first tokens came after about this time, to requests that were late.
func answered(t testing.TB, first, late time.Duration) *Answers {
	return &Answers{Requests: 4000, Ended: 4000, First: synthetic(t, 1, 4000, first), Lag: synthetic(t, 2, 4000, late)}
}

// Whichever requests were late, the percentiles without their lateness are within the bounds.
func TestFirstOnTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		first, lag, onTime := record.NewHistogram(), record.NewHistogram(), record.NewHistogram()
		for range rapid.IntRange(400, 2000).Draw(t, "requests") {
			late, took := int64(rng.ExpFloat64()*1e5), int64(1e6+rng.ExpFloat64()*1e7)
			if rng.Float64() < share {
				late = int64(rng.ExpFloat64() * 1e7)
			}
			_ = lag.RecordValue(late)
			_ = first.RecordValue(took + late)
			_ = onTime.RecordValue(took)
		}
		a := &Answers{First: Wrap(first), Lag: Wrap(lag)}
		for _, p := range []float64{50, 90, 99, Maximum} {
			low, high, known := a.firstOnTime(p)
			if !known {
				continue
			}
			const rounding = 1.002 // of the histograms
			if want := float64(Wrap(onTime).Quantile(p)); float64(low) > want*rounding || float64(high)*rounding < want {
				t.Errorf("on time, p%v is %v; bounds %v and %v", p, want, low, high)
			}
		}
	})
}
