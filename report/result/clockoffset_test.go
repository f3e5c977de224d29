package result

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/clock"
	"rtbench/proto/record"
)

// However long questions and answers take, a planted offset lies within the bound at each moment of the
// repetition, also if the other clock runs at another rate.
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
		slack := func() int64 { return int64(1e-4*float64(now-begin)) + 2 } // what the clocks drift during a reading
		before, _ := clock.Read(ask, func() int64 { return now })
		if off := there() - now - before.Offset; max(off, -off) > before.Bound+slack() {
			t.Fatalf("offset %d is wrong by %d, bound %d", before.Offset, off, before.Bound)
		}
		drifted := slack()
		for range 4 {
			now += rapid.Int64Range(1e8, 2e10).Draw(t, "repetition")
			off := there() - now - before.Offset
			from := now
			after, _ := clock.Read(ask, func() int64 { return now })
			if o := OffsetOf(before, after); max(off, -off) > int64(o.Bound)+drifted+int64(1e-4*float64(now-from))+2 {
				t.Fatalf("the clocks differ by %d more than before; bound %v", off, o.Bound)
			}
		}
	})
}

// One-way times are withheld if the bound of the clocks' offset exceeds a tenth of them; others are not.
func TestOneWayTimesNeedClocksThatAgree(t *testing.T) {
	t.Parallel()
	for _, e := range []struct {
		clock    *ClockOffset
		unusable []string
	}{
		{nil, nil},
		{&ClockOffset{Bound: 99 * time.Microsecond}, nil},
		{&ClockOffset{Bound: 150 * time.Microsecond}, []string{"p50"}},
		{&ClockOffset{Bound: 200 * time.Microsecond}, []string{"p50", "mean"}},
		{&ClockOffset{Bound: time.Second}, allTimes()},
		{&ClockOffset{Bound: -1}, allTimes()},
	} {
		h := record.NewHistogram()
		for i := range int64(1000) {
			_ = h.RecordValue(1e6 + 2e6*(i/800) + 7e6*(i/950))
		}
		var v Validity
		judgeClock(&v, &Repetition{Response: Wrap(h), ServerClock: e.clock})
		if !slices.Equal(v.Unusable, e.unusable) {
			t.Errorf("%+v: unusable %v, want %v", e.clock, v.Unusable, e.unusable)
		}
	}
	unknown, wide := &ClockOffset{Bound: -1}, &ClockOffset{Bound: time.Second}
	if lessKnown(wide, &ClockOffset{}) != wide || lessKnown(wide, unknown) != unknown || lessKnown(unknown, wide) != unknown || lessKnown(nil, wide) != wide || lessKnown(wide, nil) != wide {
		t.Error("agents: the clock that agrees least does not count")
	}
}
