package record_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// A server that takes a fixed time per message, one after the other, and gets bursts above its rate: at the end of
// each burst (burst rate − service rate) × length messages wait, which drain at (service rate − rate between bursts).
func TestFoldOfFixedServiceTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const periods = 4
		w := pace.Wave{Period: 500 * time.Millisecond, On: 100 * time.Millisecond, Rest: float64(rapid.IntRange(0, 50).Draw(t, "rest")) / 100}
		rate := float64(rapid.IntRange(1000, 4000).Draw(t, "rate"))
		between := w.Rest * rate
		served := between + (w.Peak()*rate-between)*float64(rapid.IntRange(45, 95).Draw(t, "capacity"))/100
		window := pace.Window{From: 1000, To: 1000 + periods*int64(w.Period)}
		s := record.NewSink(window)
		s.Fold(w)
		r, free := record.NewRecorder(s), int64(0)
		plan := pace.NewPlan(pace.Profile{{Duration: periods * w.Period, From: rate, To: rate}}, pace.Constant, 0, 0, 1).On(w)
		for due, ok := plan.Next(); ok; due, ok = plan.Next() {
			at := window.From + int64(due)
			free = max(free, at) + int64(1e9/served)
			r.Record(proto.Header{Intended: at, Sent: at}, free)
		}
		r.Flush()
		f := s.Folded()
		if len(f.Backlog) != periods || len(f.Parts) != record.FoldParts {
			t.Fatalf("%d periods in %d parts", len(f.Backlog), len(f.Parts))
		}
		backlog := (w.Peak()*rate - served) * w.On.Seconds()
		drains := backlog / (served - between)
		tolerance := 0.002 + 3/(served-between)
		for i := range periods {
			if math.Abs(float64(f.Backlog[i])-backlog) > 2+(w.Peak()*rate)*0.001 {
				t.Fatalf("backlog %d of period %d, want %.1f", f.Backlog[i], i, backlog)
			}
			switch got := f.Drained[i].Seconds(); {
			case drains+tolerance > 0.2 && (got < 0 || got > drains-tolerance): // about the middle of the time between bursts, or later
			case math.Abs(got-drains) > tolerance:
				t.Fatalf("drained after %v in period %d, want %.4f s ± %.4f", f.Drained[i], i, drains, tolerance)
			}
		}
	})
}

// Each message is in the part of the period in which it was due; the parts cover it without gaps, and one of them
// begins at the end of the burst.
func TestFoldParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := pace.Wave{Period: time.Duration(rapid.Int64Range(2e6, 5e9).Draw(t, "period"))}
		w.On = time.Duration(rapid.Int64Range(1e6, int64(w.Period)-1).Draw(t, "on"))
		s := record.NewSink(pace.Window{From: 77, To: 77 + 3*int64(w.Period)})
		s.Fold(w)
		r, in := record.NewRecorder(s), time.Duration(rapid.Int64Range(0, int64(w.Period)-1).Draw(t, "in"))
		due := 77 + int64(w.Period) + int64(in)
		r.Record(proto.Header{Intended: due, Sent: due}, due+5000)
		r.Flush()
		var at time.Duration
		edge := false
		for _, p := range s.Folded().Parts {
			if p.Start != at || p.Length < 0 {
				t.Fatalf("a part from %v for %v follows %v", p.Start, p.Length, at)
			}
			at, edge = p.Start+p.Length, edge || p.Start == w.On
			if near := in >= p.Start-1 && in <= at; p.Response.TotalCount() == 1 && !near {
				t.Fatalf("a message due at %v is in the part from %v to %v", in, p.Start, at)
			}
		}
		if at != w.Period || !edge {
			t.Fatalf("parts of %v end at %v; begins at the end of the burst: %t", w, at, edge)
		}
	})
}

// Without bursts nothing is recorded about them, and with them recording does not allocate.
func TestFoldAllocations(t *testing.T) {
	w := pace.Window{From: 0, To: int64(time.Second)}
	if record.NewSink(w).Folded() != nil {
		t.Error("recorded without bursts")
	}
	s := record.NewSink(w)
	s.Fold(pace.Wave{Period: 100 * time.Millisecond, On: 20 * time.Millisecond})
	r, at := record.NewRecorder(s), int64(0)
	if n := testing.AllocsPerRun(100, func() {
		at += 1e6
		r.Record(proto.Header{Intended: at, Sent: at}, at+5000)
		r.Flush()
	}); n > 0 {
		t.Errorf("%v allocations per message", n)
	}
}
