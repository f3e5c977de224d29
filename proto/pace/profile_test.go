package pace_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/pace"
)

func constant(rate float64, d time.Duration) pace.Profile {
	return pace.Profile{{Duration: d, From: rate, To: rate}}
}

func TestCountInvertsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pace.Profile
		for range rapid.IntRange(1, 4).Draw(t, "segments") {
			p = append(p, pace.Segment{
				Duration: time.Duration(rapid.Int64Range(1e6, 1e10).Draw(t, "duration")),
				From:     rapid.Float64Range(0.5, 1e5).Draw(t, "from"), To: rapid.Float64Range(0.5, 1e5).Draw(t, "to"),
			})
		}
		n := rapid.Float64Range(0, 1).Draw(t, "part") * p.Count(p.Length()) * 0.999999
		at, ok := p.Time(n)
		if !ok {
			t.Fatalf("arrival %v of %v is never due", n, p.Count(p.Length()))
		}
		// Time rounds to nanoseconds; at the highest rate that is 1e-4 arrivals.
		if got := p.Count(at); math.Abs(got-n) > 1e-3+1e-9*n {
			t.Fatalf("Count(Time(%v)) = %v", n, got)
		}
	})
}

func TestRampIsExact(t *testing.T) {
	// From 0 to 1000/s in 10 s: the integral is 50·t², so arrival n is due at √(n/50).
	p := pace.Profile{{Duration: 10 * time.Second, From: 0, To: 1000}}
	if n := p.Count(p.Length()); n != 5000 {
		t.Fatalf("%v arrivals, want 5000", n)
	}
	for _, n := range []float64{1, 50, 1250, 4999} {
		at, _ := p.Time(n)
		want := time.Duration(math.Sqrt(n/50) * 1e9)
		if d := (at - want).Abs(); d > 1 {
			t.Errorf("arrival %v is due at %v, want %v", n, at, want)
		}
	}
}

// Ramps may begin at 0, pause and end at 0: the plan has the integral of the rate, and
// nothing is due in a pause.
func TestRampsWithPauses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zeroOrRate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-3, 2e3))
		var p pace.Profile
		for range rapid.IntRange(1, 6).Draw(t, "segments") {
			p = append(p, pace.Segment{
				Duration: time.Duration(rapid.Int64Range(1e6, 2e9).Draw(t, "duration")),
				From:     zeroOrRate.Draw(t, "from"), To: zeroOrRate.Draw(t, "to"),
			})
		}
		streams := rapid.IntRange(1, 4).Draw(t, "streams")
		var planned uint64
		for share := range streams {
			plan := pace.NewPlan(p, pace.Constant, 0, share, streams)
			before := time.Duration(0)
			for due, ok := plan.Next(); ok; due, ok = plan.Next() {
				if planned++; due < before || due > p.Length() || inPause(p, due) {
					t.Fatalf("a message of %v is due at %v, after one at %v", p, due, before)
				}
				before = due
			}
		}
		want := p.Count(p.Length())
		if d := float64(planned) - want; d < -1e-6 || d >= 1+1e-6 { // arrival 0 is due at once
			t.Fatalf("%v plans %d messages, its rate integrates to %v", p, planned, want)
		}
		if got := p.CountAt(int64(p.Length())); math.Abs(got-want) > 1e-9*(1+want) {
			t.Fatalf("CountAt the end of %v is %v, want %v", p, got, want)
		}
	})
}

// inPause reports whether at is inside a pause, excluding its ends, which rounding may
// reach.
func inPause(p pace.Profile, at time.Duration) bool {
	var start time.Duration
	for _, s := range p {
		if s.From == 0 && s.To == 0 && at > start+1 && at < start+s.Duration {
			return true
		}
		start += s.Duration
	}
	return false
}

// A pause interrupts a flat rate.
func TestProfileWithAPauseIsNotFlat(t *testing.T) {
	for _, p := range []pace.Profile{
		{{Duration: time.Second}, {Duration: time.Second, From: 100, To: 100}},
		{{Duration: time.Second, From: 100, To: 100}, {Duration: time.Second}},
		{{Duration: time.Second}},
	} {
		if rate, flat := p.FlatIn(0, int64(p.Length())); flat {
			t.Errorf("%v is flat at %v/s", p, rate)
		}
	}
	p := pace.Profile{{Duration: time.Second}, {Duration: time.Second, From: 100, To: 100}}
	if rate, flat := p.FlatIn(1e9, 2e9); !flat || rate != 100 {
		t.Errorf("the second half of %v: %v/s, flat %v", p, rate, flat)
	}
}

func FuzzParseProfile(f *testing.F) {
	f.Add("1000000000:100:200,5:0:0")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := pace.ParseProfile(text)
		if err != nil {
			return
		}
		again, err := pace.ParseProfile(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q does not survive: %v", text, err)
		}
		if n := p.Count(p.Length()); math.IsNaN(n) || n < 0 {
			t.Fatalf("%q has %v arrivals", text, n)
		}
	})
}
