package session

import (
	"time"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/scenarios"
)

// A Timing is when a run happens, in nanoseconds of clock.Now. It does not change once streams have
// started, except for End.
type Timing struct {
	pace.Window // its Origin is time 0 of the plan
	// End is the end of the steady phase: To, or earlier if it was cut short.
	End     int64
	Profile pace.Profile // of the load, from Origin on; empty in a closed loop
	Wave    pace.Wave    // of the rate in the steady phase
	Trace   pace.Trace   // of the steady phase, instead of the rate, which is then its mean; usually nil
}

// NewTiming returns the timing of a cell's run that starts at origin.
func NewTiming(c *scenarios.Cell, turns pace.Turns, origin int64) Timing {
	warmup, steady := c.Warmup, c.Steady
	w := Timing{Window: pace.Window{Origin: origin, From: origin + int64(warmup), To: origin + int64(warmup+steady), Turns: turns}}
	if turns.Of > 0 {
		before, rounds := roundsOf(turns.Turn(), warmup), roundsOf(turns.Window, steady)
		warmup, steady = time.Duration(before)*turns.Turn(), time.Duration(rounds)*turns.Turn()
		w.From, w.To = origin+int64(turns.Length(before)), origin+int64(turns.Length(before+rounds))
	}
	w.End = w.To
	if c.Model != "open" {
		return w
	}
	w.Wave = c.WaveOn(warmup)
	rate := c.Rate
	if c.Trace.Times != nil {
		w.Trace = c.Trace.Times[:c.Trace.Times.Count(steady)]
		rate = float64(len(w.Trace)) / steady.Seconds()
	}
	if warmup > 0 {
		w.Profile = append(w.Profile, pace.Segment{Duration: warmup, From: rate, To: rate})
	}
	if len(c.Stages) == 0 {
		w.Profile = append(w.Profile, pace.Segment{Duration: steady, From: rate, To: rate})
	}
	for _, s := range c.Stages {
		w.Profile = append(w.Profile, pace.Segment{Duration: s.Over, From: s.From(rate), To: s.To})
		rate = s.To
	}
	return w
}

// roundsOf returns the rounds with parts of that length that last at least d.
func roundsOf(part, d time.Duration) int { return int((d + part - 1) / part) }

// A period lies between two times of clock.Now.
type period struct{ from, to int64 }

// steadyPart returns how much of s lies in the steady phase.
func (w *Timing) steadyPart(s period) int64 {
	return int64(w.Part(s.from, s.to))
}

// PlannedBy returns the number of messages due before a time of the plan, in nanoseconds since Origin
// without the time outside the load's turns.
func (w *Timing) PlannedBy(active int64) float64 {
	if since := time.Duration(active) - time.Duration(w.From-w.Origin); w.Trace != nil && since >= 0 {
		return w.Profile.Count(time.Duration(w.From-w.Origin)) + float64(w.Trace.Count(since))
	}
	return w.Profile.CountAt(int64(w.Wave.Flat(time.Duration(active))))
}

// PlannedSteady returns about how many messages of a cell are due to so many streams in the steady phase; 0 in a
// closed loop.
func (w *Timing) PlannedSteady(c *scenarios.Cell, streams int) float64 {
	n := w.Profile.CountAt(w.To-w.Origin) - w.Profile.CountAt(w.From-w.Origin)
	if proto.Pattern(c.Pattern).Traffic().Shared {
		n *= float64(streams)
	}
	return n * float64(max(1, c.Tokens.Count))
}

// plan returns the plan of the messages that this end sends for a call.
func (w *Timing) plan(c proto.Call) *pace.Plan {
	p := c.Plan()
	if w.Trace != nil {
		p.Replay(w.Trace, time.Duration(w.From-w.Origin))
	}
	return p
}

// peak returns the highest rate of the load.
func (w *Timing) peak() float64 { return w.Profile.Peak() * w.Wave.Peak() }

// cutShort reports whether the steady phase ended before its plan.
func (w *Timing) cutShort() bool { return w.End < w.To }
