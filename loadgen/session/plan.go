package session

import (
	"rtbench/proto/pace"
	"rtbench/scenarios"
)

// A Window is when a run happens, in nanoseconds of clock.Now. It does not change once streams have
// started, except for End.
type Window struct {
	pace.Window // its Origin is time 0 of the plan
	// End is the end of the steady phase: To, or earlier if it was cut short.
	End     int64
	Profile pace.Profile // of the load, from Origin on; empty in a closed loop
}

// newWindow returns the window of a cell's run that starts at origin.
func newWindow(c *scenarios.Cell, origin int64) Window {
	from := origin + int64(c.Warmup)
	w := Window{Window: pace.Window{Origin: origin, From: from, To: from + int64(c.Steady)}, End: from + int64(c.Steady)}
	if c.Model != "open" {
		return w
	}
	rate := c.Rate
	if c.Warmup > 0 {
		w.Profile = append(w.Profile, pace.Segment{Duration: c.Warmup, From: rate, To: rate})
	}
	if len(c.Stages) == 0 {
		w.Profile = append(w.Profile, pace.Segment{Duration: c.Steady, From: rate, To: rate})
	}
	for _, s := range c.Stages {
		w.Profile = append(w.Profile, pace.Segment{Duration: s.Over, From: rate, To: s.To})
		rate = s.To
	}
	return w
}

// A period lies between two times of clock.Now.
type period struct{ from, to int64 }

// steadyPart returns how much of s lies in the steady phase.
func (w *Window) steadyPart(s period) int64 {
	return int64(w.Part(s.from, s.to))
}

// cutShort reports whether the steady phase ended before its plan.
func (w *Window) cutShort() bool { return w.End < w.To }
