package result

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A Status is a snapshot of a run, for the live view and the exporters. In the zero value nothing is
// known.
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
	// P50 and P99 are percentiles of the repetition so far. They are meaningless while Recorded is 0.
	P50, P99 StatusTime
	// Response returns a histogram of the repetition's response times so far. It may be called until the next
	// repetition starts, from any goroutine, and takes a millisecond; nil if there is none.
	Response func() Histogram `json:"-"`
	// Times is Config.Times.
	Times string
	// Elapsed is the time since the beginning of the steady phase, whose length is Length; 0 in
	// other phases.
	Elapsed, Length time.Duration
	// Before, Plan and Whole are the planned durations of warm-up and steady phase: of the previous
	// repetitions, of this one, and of all; 0 if unknown.
	Before, Plan, Whole time.Duration
	// Planned is the current planned rate in messages/s received; HasPlan is false in a closed loop
	// and until the rate is known.
	Planned float64
	HasPlan bool
	// Achieved is the rate since the previous status. ClientCores and ServerCores are the CPU
	// cores in use between the last two samples; they are 0 until there are two. ServerKnown
	// reports whether the server reports its use.
	Achieved, ClientCores, ServerCores float64
	ServerKnown                        bool
	// FailedMessages and Errors count those of this repetition so far, as Counters does.
	FailedMessages, Errors uint64
	// Done reports that the repetition has ended, with the word of its findings. Failed is the error
	// if the whole repetition failed.
	Done   bool
	Word   Word
	Failed string
}

// End sets what is known after the end of a repetition.
func (s *Status) End(r *Repetition) {
	s.Phase, s.Done, s.Word, s.Failed = "done", true, r.Validity.Word(), r.Error
	s.Recorded, s.P50, s.P99 = r.Counters.Recorded, r.statusTime(50), r.statusTime(99)
	s.FailedMessages, s.Errors = r.Counters.Failed, r.Counters.ErrorCount()
	s.Response = func() Histogram { return r.Response }
}

// A StatusTime is a percentile of the response times as reports show it: known, an upper bound, or
// unknown.
type StatusTime struct {
	Known bool
	At    time.Duration
	// AtMost reports that At is an upper bound.
	AtMost bool
}

// LiveTime returns a percentile of the times so far, if it is known: at, which would have been at least low
// if every message had been sent on time.
func LiveTime(known bool, low, at time.Duration) StatusTime {
	return StatusTime{known, at, apart(low, at)}
}

// String formats the time as reports do: 58.1 µs, ≤ 58.1 µs, or a dash.
func (t StatusTime) String() string {
	switch {
	case !t.Known:
		return Unknown
	case t.AtMost:
		return AtMost + formatDuration(t.At)
	}
	return formatDuration(t.At)
}

// statusTime returns percentile p of the response times.
func (r *Repetition) statusTime(p float64) StatusTime {
	at, known := r.Percentile(p)
	return r.judged(p, at, known)
}

// judged returns percentile p of some of the times, which is as usable as that of all.
func (r *Repetition) judged(p float64, at time.Duration, known bool) StatusTime {
	name := TimeMetric(p)
	bound := r.IsUpperBound(name)
	return StatusTime{known && (r.Usable(name) || bound), at, bound}
}

// RepetitionLabel names the repetition within its cell.
func (s Status) RepetitionLabel() string {
	return strings.TrimSpace(fmt.Sprintf("#%d %s", s.Repetition, s.Side))
}

// TimeWord returns the prefix of p50 for gaps and one-way times.
func (s Status) TimeWord() string {
	switch s.Times {
	case TimesGap, TimesOneWay:
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

// CarryOver returns s with the metrics of the previous status b if s starts another phase of the
// same repetition and has none yet.
func (s Status) CarryOver(b Status) Status {
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
