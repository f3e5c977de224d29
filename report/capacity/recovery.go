package capacity

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// A Recovery summarizes how the server of a subject recovered from overloads, over the repetitions that can be
// trusted.
type Recovery struct {
	// Runs are the repetitions that can be trusted; Limited are the others. Why is the reason for one of them, or why
	// no overload was tried.
	Runs    []*result.Repetition
	Limited int
	Why     string
	// Failed are the repetitions in which the server failed as a whole, and Failure is how it did in one of them.
	// They count as those whose server did not recover.
	Failed  int
	Failure string
	// Backlog is in messages, Drained and Met are in nanoseconds since the end of the overload, +Inf if longer
	// than Watched; see result.Recovery.
	Backlog, Drained, Met stats.Interval
	Overload, Watched     time.Duration
}

// Recovery returns the recovery of a subject, or nil if plan, that of its search, has none.
func (s *Subject) Recovery(plan *result.Search) *Recovery {
	if plan == nil || plan.Recover == nil {
		return nil
	}
	r := &Recovery{Why: s.whyNoOverload()}
	for _, rep := range s.ranOverloads() {
		if rep.Recovery == nil && rep.Validity.Has(result.ServerFailed) {
			r.Failed, r.Failure = r.Failed+1, rep.Error
			continue
		}
		if why := overloadLimit(rep, s.on); why != "" {
			r.Limited, r.Why = r.Limited+1, why
			continue
		}
		r.Runs = append(r.Runs, rep)
		r.Overload, r.Watched = s.overloads.Config.Overload.For, rep.Recovery.Watched
	}
	never := slices.Repeat([]float64{math.Inf(1)}, r.Failed)
	r.Backlog = r.interval(nil, func(v *result.Recovery) float64 { return float64(v.Backlog) })
	r.Drained = r.interval(never, func(v *result.Recovery) float64 { return orNever(v.Drained) })
	r.Met = r.interval(never, func(v *result.Recovery) float64 { return orNever(v.Met) })
	return r
}

func (r *Recovery) interval(values []float64, of func(*result.Recovery) float64) stats.Interval {
	for _, rep := range r.Runs {
		values = append(values, of(rep.Recovery))
	}
	return stats.MedianInterval(values, Confidence)
}

func orNever(d *time.Duration) float64 {
	if d == nil {
		return math.Inf(1)
	}
	return float64(*d)
}

// Sum returns the sum of a number over the repetitions that can be trusted.
func (r *Recovery) Sum(of func(*result.Repetition) uint64) (n uint64) {
	for _, rep := range r.Runs {
		n += of(rep)
	}
	return n
}

// ranOverloads returns the repetitions with an overload that were not interrupted.
func (s *Subject) ranOverloads() (list []*result.Repetition) {
	if s.overloads == nil {
		return nil
	}
	for _, rep := range s.overloads.Repetitions {
		if !rep.Interrupted {
			list = append(list, rep)
		}
	}
	return list
}

// whyNoOverload returns why no overload of a known factor exists; empty if it does.
func (s *Subject) whyNoOverload() string {
	switch {
	case !s.Answer.Ended:
		return "the search has not ended"
	case s.Answer.Kind == Found:
		return ""
	case s.Answer.Kind == AtLeast:
		return "the capacity is only known from below, and an overload is a multiple of it"
	}
	return "no capacity was found"
}

// latePart is the smallest share of a backlog that shows the generator's own lateness, as a divisor.
const latePart = 20

// overloadLimit returns why a repetition does not show how the server recovered; empty if it does.
func overloadLimit(r *result.Repetition, on result.Environment) string {
	switch v := r.Recovery; {
	case v == nil:
		if reasons := r.Validity.Reasons(); len(reasons) > 0 {
			return reasons[0]
		}
		return "the repetition ended early"
	case latePart*v.Late > v.Backlog:
		return fmt.Sprintf("rtbench sent %s of the backlog of %s late", result.Count(float64(v.Late)), result.Count(float64(v.Backlog)))
	case r.Validity.Has(result.NotGenerated) && !heldBack(r.Counters):
		return limitReason(r, on)
	}
	return generatorLimit(r, on)
}

// NextOverload returns the next repetition with an overload after the search of a result has ended for all
// subjects, given by their names: the index of the subject and its capacity. Subjects take turns. It returns false
// once all have been run.
func NextOverload(r *result.Result, names []string) (subject int, at float64, more bool) {
	if r.Search.Recover == nil {
		return 0, 0, false
	}
	fewest := r.Search.Recover.Repetitions
	for _, s := range Subjects(r) {
		n := len(s.ranOverloads())
		if s.Answer.Kind != Found || n >= fewest {
			continue
		}
		for i, name := range names {
			if name == s.Name {
				subject, at, more, fewest = i, s.Answer.Interval.At, true, n
			}
		}
	}
	at, _ = strconv.ParseFloat(strconv.FormatFloat(at, 'g', 3, 64), 64)
	return subject, at, more
}
