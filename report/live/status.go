package live

import (
	"fmt"
	"math"
	"time"

	"rtbench/report/result"
)

// A Status says where a run is. It is what the live view and the exporters of live
// figures take, and all that they know of a run. The zero value is a run of which
// nothing is known.
type Status struct {
	Run, Of int // which repetition of how many in all, from 1
	// AtMost says that a run may end before it has done all.
	AtMost     bool
	Cell       string
	Protocol   string
	Pattern    string
	Repetition int    // of the cell, from 1
	Side       string // base or head, where a run is of two in turn
	Phase      string
	Recorded   uint64
	// P50 and P99 are of the repetition so far; they mean nothing while Recorded is 0, and
	// are negative where they cannot be told.
	P50, P99 time.Duration
	// Times is what they are of: gap, one-way, or empty for response and delivery.
	Times string
	// Elapsed is how much of the steady phase, Length long, has gone; 0 in other phases.
	Elapsed, Length time.Duration
	// Before, Plan and Whole are how long warm-up and steady phase take by the plan: of
	// the repetitions before this one, of this one, and of all; 0 where it is not known.
	Before, Plan, Whole time.Duration
	// Planned is the rate that is due, in messages a second, 0 in closed loop; Achieved is
	// the rate lately, and ClientCores and ServerCores how many cores each side kept busy.
	Planned, Achieved, ClientCores, ServerCores float64
	HasPlan                                     bool // Planned is known, though it may be 0
	ServerKnown                                 bool // the server tells what it uses
	// FailedMessages and Errors are those of this repetition so far, counted as
	// result.Counters does.
	FailedMessages, Errors uint64
	// Done says that the repetition has ended, with Verdict; Failed is why it failed as a
	// whole, if it did.
	Done    bool
	Verdict result.Verdict
	Failed  string
}

// repetitionLabel names the repetition of its cell.
func (s Status) repetitionLabel() string {
	if s.Side == "" {
		return fmt.Sprintf("#%d", s.Repetition)
	}
	return fmt.Sprintf("#%d %s", s.Repetition, clean(s.Side))
}

// timeWord is the word before p50 where the times are no response.
func (s Status) timeWord() string {
	switch s.Times {
	case result.TimesGap, result.TimesOneWay:
		return s.Times + " "
	}
	return ""
}

// Progress is how much of the run is done, from 0 to 1.
func (s Status) Progress() float64 {
	part, whole := s.Before+s.Passed(), s.Whole
	if whole <= 0 {
		return clamp(ratio(float64(s.Run-1)+s.share(), float64(s.Of)))
	}
	return clamp(ratio(float64(part), float64(whole)))
}

// Passed is how much of the repetition's plan has gone.
func (s Status) Passed() time.Duration {
	switch {
	case s.Done, s.Phase == "drain":
		return s.Plan
	case s.Length > 0: // what comes before the steady phase has gone
		return min(s.Plan, max(0, s.Plan-s.Length)+max(0, s.Elapsed))
	}
	return 0
}

// share is how much of the repetition has gone, from 0 to 1.
func (s Status) share() float64 {
	if s.Done {
		return 1
	}
	return clamp(ratio(float64(s.Elapsed), float64(s.Length)))
}

// ratio is a/b, and 0 where that is no number.
func ratio(a, b float64) float64 {
	if v := a / b; !math.IsNaN(v) && !math.IsInf(v, 0) {
		return v
	}
	return 0
}

func clamp(v float64) float64 { return min(1, max(0, v)) }

// carryOver is the status with the figures of the one before, where that is of the same
// repetition and this one, of a phase that begins, has none.
func (s Status) carryOver(b Status) Status {
	none := s.Recorded == 0 && s.Planned == 0 && s.Achieved == 0 && !s.HasPlan
	if !none || s.Done || s.Run != b.Run || s.Cell != b.Cell || s.Phase == "server" {
		return s
	}
	s.Recorded, s.P50, s.P99 = b.Recorded, b.P50, b.P99
	s.FailedMessages, s.Errors = max(s.FailedMessages, b.FailedMessages), max(s.Errors, b.Errors)
	s.Planned, s.Achieved, s.ClientCores, s.ServerCores, s.ServerKnown = b.Planned, b.Achieved, b.ClientCores, b.ServerCores, b.ServerKnown
	s.HasPlan = b.HasPlan
	return s
}
