package pace_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/pace"
)

func drawWave(t *rapid.T) pace.Wave {
	w := pace.Wave{
		Start:  time.Duration(rapid.Int64Range(0, 2e9).Draw(t, "start")),
		Period: time.Duration(rapid.Int64Range(2e6, 20e9).Draw(t, "period")),
	}
	if rapid.Bool().Draw(t, "bursts") {
		w.On = time.Duration(rapid.Int64Range(1e6, int64(w.Period)-1).Draw(t, "on"))
		w.Rest = float64(rapid.IntRange(0, 99).Draw(t, "rest")) / 100
	} else {
		w.Amplitude = float64(rapid.IntRange(1, 100).Draw(t, "percent")) / 100
	}
	return w
}

// Flat is the inverse of Real, both keep the order of moments, and whole periods are unchanged.
func TestWaveConvertsBothWays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWave(t)
		a := time.Duration(rapid.Int64Range(0, 60e9).Draw(t, "a"))
		b := a + time.Duration(rapid.Int64Range(10, 1e9).Draw(t, "b"))
		// Real rounds to nanoseconds, in which up to Peak nanoseconds of flat time pass.
		if d := (w.Flat(w.Real(a)) - a).Abs(); float64(d) > w.Peak()+2 {
			t.Fatalf("%v: %v of flat time is %v, which is %v of flat time", w, a, w.Real(a), w.Flat(w.Real(a)))
		}
		if w.Real(a) > w.Real(b) || w.Flat(a) > w.Flat(b) {
			t.Fatalf("%v: %v and %v change their order", w, a, b)
		}
		whole := w.Start + a/w.Period*w.Period
		if w.Real(whole) != whole || w.Flat(whole) != whole {
			t.Fatalf("%v: %v, a whole number of periods, becomes %v and %v", w, whole, w.Real(whole), w.Flat(whole))
		}
		if before := min(a, w.Start); w.Real(before) != before || w.Flat(before) != before {
			t.Fatalf("%v changes %v, before its start", w, before)
		}
	})
}

// Each period has as many messages as without the wave; those of bursts are in their first part, evenly
// spaced.
func TestBursts(t *testing.T) {
	t.Parallel()
	const streams = 7
	w := pace.Wave{Start: 300 * time.Millisecond, Period: 200 * time.Millisecond, On: 50 * time.Millisecond}
	due := dueTimes(streams, func(share int) *pace.Plan {
		return pace.NewPlan(constant(10_000, 1300*time.Millisecond), pace.Constant, 0, share, streams).On(w)
	})
	if len(due) != 13_000 {
		t.Fatalf("%d messages, want 13000", len(due))
	}
	for i, d := range due[3000:] {
		want := 0.3 + float64(i/2000)*0.2 + float64(i%2000)/40_000
		if math.Abs(d-want) > 2e-9 {
			t.Fatalf("message %d of the bursts is due at %v, want %v", i, d, want)
		}
	}
}

// Between bursts the rate is that share of the mean; the rest of the messages are in the bursts.
func TestRateBetweenBursts(t *testing.T) {
	t.Parallel()
	w, err := pace.ParseWave("bursts(50ms/200ms/40%)@300000000")
	if err != nil || w.Rest != 0.4 || w.String() != "bursts(50ms/200ms/40%)@300000000" {
		t.Fatalf("%+v, %v", w, err)
	}
	due := dueTimes(3, func(share int) *pace.Plan {
		return pace.NewPlan(constant(10_000, 1300*time.Millisecond), pace.Constant, 0, share, 3).On(w)
	})
	for i, d := range due[3000:] { // 2,000 in each period, of which 0.4 × 150 ms × 10,000/s between bursts
		in, want := float64(i%2000), 0.0
		if want = in / 1400 * 0.05; in >= 1400 {
			want = 0.05 + (in-1400)/4000
		}
		if want += 0.3 + float64(i/2000)*0.2; math.Abs(d-want) > 2e-9 {
			t.Fatalf("message %d of the bursts is due at %v, want %v", i, d, want)
		}
	}
	if got := w.Peak(); math.Abs(got-2.8) > 1e-9 {
		t.Errorf("peak %v", got)
	}
}

// The times within a period of a sine have its distribution: Kolmogorov-Smirnov at a level of 0.1 %,
// with a fixed seed.
func TestSine(t *testing.T) {
	t.Parallel()
	const rate, streams, amplitude, period = 10_000, 5, 0.8, 0.5
	for _, arrivals := range []pace.Arrivals{pace.Constant, pace.Poisson} {
		due := dueTimes(streams, func(share int) *pace.Plan {
			return pace.NewPlan(constant(rate, 2*time.Second), arrivals, 42, share, streams).On(pace.Wave{Period: period * 1e9, Amplitude: amplitude})
		})
		for i := range due {
			due[i] = math.Mod(due[i], period) / period
		}
		d := distance(due, func(x float64) float64 { return x + amplitude/(2*math.Pi)*(1-math.Cos(2*math.Pi*x)) })
		if n := float64(len(due)); d > 1.95/math.Sqrt(n) {
			t.Errorf("%s: %v messages are %v away from a sine", arrivals, n, d)
		}
	}
}

// Messages of a plan with a wave are due in order even where a sine's rate is 0.
func TestWavesKeepTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWave(t)
		rate := rapid.Float64Range(10, 50_000).Draw(t, "rate")
		arrivals := rapid.SampledFrom([]pace.Arrivals{pace.Constant, pace.Poisson, pace.Gamma(3)}).Draw(t, "arrivals")
		p := pace.NewPlan(constant(rate, 100*time.Millisecond), arrivals, 1, 2, 5).On(w)
		last := time.Duration(0)
		for due, ok := p.Next(); ok; due, ok = p.Next() {
			if due < last {
				t.Fatalf("%v: a message is due at %v, after one at %v", w, due, last)
			}
			last = due
		}
	})
}

func FuzzParseWave(f *testing.F) {
	for _, text := range []string{"", "bursts(100ms/1s)", "sine(80%/10s)@1000000000", "bursts(1s/1s)", "sine(0%/1s)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := pace.ParseWave(text)
		if err != nil {
			return
		}
		again, err := pace.ParseWave(w.String())
		if err != nil || again != w {
			t.Fatalf("%q does not survive as %q: %v", text, w, err)
		}
		if peak := w.Peak(); !(peak >= 1 && peak < 1e9) {
			t.Fatalf("%q has a peak of %v", text, peak)
		}
	})
}
