package live

import (
	"fmt"
	"math"
	"time"

	"rtbench/report/result"
)

// A Status is a snapshot of a run. It is the only input of the live view and of the exporters. In
// the zero value nothing is known.
type Status struct {
	Run, Of int // current repetition and number of repetitions in the run, from 1
	// AtMost reports that the run may end before Of repetitions.
	AtMost     bool
	Cell       string
	Protocol   string
	Pattern    string
	Repetition int    // within the cell, from 1
	Side       string // base or head, for interleaved runs of two targets
	Phase      string
	Recorded   uint64
	// P50 and P99 are percentiles of the repetition so far. They are meaningless while Recorded is
	// 0, and negative if unknown.
	P50, P99 time.Duration
	// Times is the kind of times: gap, one-way, or empty for response and delivery.
	Times string
	// Elapsed is the time since the beginning of the steady phase, whose length is Length; 0 in
	// other phases.
	Elapsed, Length time.Duration
	// Before, Plan and Whole are the planned durations of warm-up and steady phase: of the previous
	// repetitions, of this one, and of all; 0 if unknown.
	Before, Plan, Whole time.Duration
	// Planned is the planned rate in messages/s, 0 in a closed loop; Achieved is the recent rate.
	// ClientCores and ServerCores are the CPU usage of each side in cores.
	Planned, Achieved, ClientCores, ServerCores float64
	HasPlan                                     bool // Planned is known, even if it is 0
	ServerKnown                                 bool // the server reports its usage
	// FailedMessages and Errors count those of this repetition so far, as result.Counters does.
	FailedMessages, Errors uint64
	// Done reports that the repetition has ended with Verdict. Failed is the error if the
	// whole repetition failed.
	Done    bool
	Verdict result.Verdict
	Failed  string
}

// repetitionLabel names the repetition within its cell.
func (s Status) repetitionLabel() string {
	if s.Side == "" {
		return fmt.Sprintf("#%d", s.Repetition)
	}
	return fmt.Sprintf("#%d %s", s.Repetition, clean(s.Side))
}

// timeWord returns the prefix of p50 for gaps and one-way times.
func (s Status) timeWord() string {
	switch s.Times {
	case result.TimesGap, result.TimesOneWay:
		return s.Times + " "
	}
	return ""
}

// Progress returns the progress of the run, from 0 to 1.
func (s Status) Progress() float64 {
	part, whole := s.Before+s.Passed(), s.Whole
	if whole <= 0 {
		return clamp(ratio(float64(s.Run-1)+s.share(), float64(s.Of)))
	}
	return clamp(ratio(float64(part), float64(whole)))
}

// Passed returns the elapsed part of the repetition's plan.
func (s Status) Passed() time.Duration {
	switch {
	case s.Done, s.Phase == "drain":
		return s.Plan
	case s.Length > 0: // warm-up is over
		return min(s.Plan, max(0, s.Plan-s.Length)+max(0, s.Elapsed))
	}
	return 0
}

// share returns the progress of the repetition, from 0 to 1.
func (s Status) share() float64 {
	if s.Done {
		return 1
	}
	return clamp(ratio(float64(s.Elapsed), float64(s.Length)))
}

// ratio returns a/b, or 0 if that is not finite.
func ratio(a, b float64) float64 {
	if v := a / b; !math.IsNaN(v) && !math.IsInf(v, 0) {
		return v
	}
	return 0
}

func clamp(v float64) float64 { return min(1, max(0, v)) }

// carryOver returns s with the metrics of the previous status b if s starts another phase of the
// same repetition and has none yet.
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
