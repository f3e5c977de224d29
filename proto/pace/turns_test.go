package pace_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto/pace"
)

func TestTurnsReverseTheirOrder(t *testing.T) {
	const ms = time.Millisecond
	var order []int
	for at := time.Duration(0); at < 600*ms; at += 50 * ms {
		for i := range 3 {
			turns := pace.Turns{Lead: 10 * ms, Window: 90 * ms, Index: i, Of: 3}
			if turns.Measured(at + 20*ms) {
				order = append(order, i)
			}
			if turns.Measured(at) && at%(100*ms) == 0 {
				t.Errorf("load %d is measured in the lead at %v", i, at)
			}
		}
	}
	want := []int{0, 0, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0} // two looks at each turn
	if len(order) != len(want) {
		t.Fatalf("order %v, want %v", order, want)
	}
	for i := range want {
		if order[i] != want[i] {
			t.Fatalf("order %v, want %v", order, want)
		}
	}
}

func drawTurns(t *rapid.T) pace.Turns {
	of := rapid.IntRange(1, 9).Draw(t, "of")
	return pace.Turns{
		Lead:   time.Duration(rapid.Int64Range(0, 20e6).Draw(t, "lead")),
		Window: time.Duration(rapid.Int64Range(1, 250e6).Draw(t, "window")),
		Index:  rapid.IntRange(0, of-1).Draw(t, "index"), Of: of,
	}
}

// Active is the inverse of Real, and both keep the order of moments.
func TestTurnsConvertBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		turns := drawTurns(t)
		a := time.Duration(rapid.Int64Range(0, 10e9).Draw(t, "a"))
		b := a + time.Duration(rapid.Int64Range(0, 10e9).Draw(t, "b"))
		if got := turns.Active(turns.Real(a)); got != a {
			t.Fatalf("%+v: %v of active time is %v, which is %v of active time", turns, a, turns.Real(a), got)
		}
		if turns.Real(a) > turns.Real(b) || turns.Active(a) > turns.Active(b) {
			t.Fatalf("%+v: %v and %v change their order", turns, a, b)
		}
		if next := turns.Next(a); next < a || turns.Next(next) != next || turns.Active(next) != turns.Active(a) {
			t.Fatalf("%+v: the next turn after %v is at %v", turns, a, next)
		}
	})
}

// At any moment at most one of the loads is measured, and over whole rounds each for its
// windows' length.
func TestOneLoadAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		turns := drawTurns(t)
		at := time.Duration(rapid.Int64Range(0, int64(turns.Length(4))-1).Draw(t, "at"))
		n := 0
		for i := range turns.Of {
			other := turns
			other.Index = i
			if other.Measured(at) {
				n++
			}
		}
		inLead := int64(at)%int64(turns.Turn()) < int64(turns.Lead)
		if n > 1 || n == 1 == inLead {
			t.Fatalf("%+v: %d loads are measured at %v", turns, n, at)
		}
		if got, want := turns.Active(turns.Length(4)), 4*turns.Turn(); got != want {
			t.Fatalf("%+v: active time after 4 rounds is %v, want %v", turns, got, want)
		}
	})
}

func TestNoTurns(t *testing.T) {
	var turns pace.Turns
	for _, at := range []time.Duration{-5, 0, time.Second} {
		if turns.Real(at) != at || turns.Active(at) != at || turns.Next(at) != at || !turns.Measured(at) {
			t.Errorf("a single load is affected at %v", at)
		}
	}
}

func TestWindowParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		turns := drawTurns(t)
		origin := rapid.Int64Range(0, 1<<50).Draw(t, "origin")
		w := pace.Window{Origin: origin, From: origin + int64(turns.Length(1)), To: origin + int64(turns.Length(6)), Turns: turns}
		if got, want := w.Length(), 5*turns.Window; got != want {
			t.Fatalf("%+v: %v, want %v", w, got, want)
		}
		cut := rapid.Int64Range(origin, w.To+int64(turns.Turn())).Draw(t, "cut")
		if w.Part(0, cut)+w.Part(cut, w.To+1) != w.Length() {
			t.Fatalf("%+v: the parts before and after %d do not add up", w, cut)
		}
		if w.Measures(cut) != (w.Part(cut, cut+1) == 1) {
			t.Fatalf("%+v: measures %d: %v, but its part is %v", w, cut, w.Measures(cut), w.Part(cut, cut+1))
		}
	})
	single := pace.Window{Origin: 5, From: 10, To: 20}
	if single.Length() != 10 || single.Part(0, 12) != 2 || single.Part(30, 40) != 0 || !single.Measures(10) || single.Measures(20) {
		t.Errorf("a window without turns: %+v", single)
	}
}

func TestPlanInTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		turns := drawTurns(t)
		rate := rapid.Float64Range(100, 20_000).Draw(t, "rate")
		p := constant(rate, 4*turns.Turn())
		active, due := pace.NewPlan(p, pace.Poisson, 7, 1, 3), pace.NewPlan(p, pace.Poisson, 7, 1, 3).In(turns)
		for {
			a, ok := active.Next()
			b, okReal := due.Next()
			if ok != okReal || ok && turns.Active(b) != a {
				t.Fatalf("%+v: due at %v, %v, and in turns at %v, %v", turns, a, ok, b, okReal)
			}
			if !ok {
				return
			}
		}
	})
}
