package result

import (
	"fmt"
	"math"
	"slices"
	"time"

	"rtbench/report/stats"
)

// judgeArrivals holds what was sent against the plan.
func judgeArrivals(v *Validity, r *Repetition) {
	s := r.Series
	if s.ArrivalLimit > 0 && s.ArrivalDistance > s.ArrivalLimit {
		v.object(Suspect, "the messages sent do not follow the plan: the Kolmogorov-Smirnov distance of their gaps is %.2f (limit %.2f)",
			s.ArrivalDistance, s.ArrivalLimit)
	}
}

// The drift of a steady phase that counts, as a share of its median response
// time, and the one that makes it none.
const (
	someDrift = 0.25
	muchDrift = 1.0
)

// judgeSteady looks for a trend in the medians of the timeline's slots: those
// that lie wholly in the steady phase and have messages enough for a median.
// Mann-Kendall says whether there is one, Theil and Sen how large it is.
//
// If the plan changes the rate, times may change with it: each stretch of constant rate is
// judged on its own.
func judgeSteady(v *Validity, c Config, r *Repetition) {
	for _, s := range c.constantRate(r.Phases.Steady) {
		if judgeStretch(v, c, r, s) {
			return
		}
	}
}

// A stretch is a part of the steady phase.
type stretch struct{ from, to time.Duration }

// constantRate returns the parts of a steady phase of that length in which the plan does not
// change the rate. Without stages it is the whole.
func (c Config) constantRate(steady time.Duration) []stretch {
	if len(c.Stages) == 0 || c.Model != "open" {
		return []stretch{{0, steady}}
	}
	var out []stretch
	rate, from, at := c.Rate, time.Duration(0), time.Duration(0)
	for _, s := range append(slices.Clone(c.Stages), Stage{To: math.NaN()}) {
		if s.To != rate {
			if at > from {
				out = append(out, stretch{from, at})
			}
			from = at + s.Over
		}
		rate, at = s.To, at+s.Over
	}
	return out
}

func judgeStretch(v *Validity, c Config, r *Repetition, s stretch) (objected bool) {
	const slots, messages = 8, 20
	var medians []float64
	for _, in := range r.Timeline {
		if in.Start >= s.from && in.Start+in.Length <= min(s.to, r.Phases.Steady) && in.Response.Count() >= messages {
			medians = append(medians, float64(in.Response.Quantile(50)))
		}
	}
	if len(medians) < slots {
		return false
	}
	_, chance := stats.MannKendall(medians)
	drift := stats.TheilSen(medians) * float64(len(medians)-1)
	share := math.Abs(drift) / stats.Median(medians)
	if chance >= 0.01 || share < someDrift {
		return false
	}
	object := func(format string, args ...any) { v.object(Suspect, format, args...) }
	// If the server sets the pace, a change of it is a result, not a fault.
	if share >= muchDrift && c.Times != TimesGap {
		object = func(format string, args ...any) { v.spoil(allTimes(), format, args...) }
		if c.Model == "closed" { // there the times set the throughput
			object = func(format string, args ...any) { v.object(Invalid, format, args...) }
		}
	}
	object("no steady state: the %s p50 drifts by %+.0f %% %s (Mann-Kendall p = %.2g; lag-1 autocorrelation %.2f)",
		c.shortTime(), 100*drift/stats.Median(medians), s.inWords(c), chance, r.Series.Correlation)
	return true
}

func (s stretch) inWords(c Config) string {
	if len(c.Stages) == 0 {
		return "over the phase"
	}
	return fmt.Sprintf("at a constant rate from %v to %v", s.from, s.to)
}

// judgeQueue asks how long the generator's threads waited for a core, added up: as a
// share of the time of all cores, for threads that are many; and in a closed loop, where
// no lag shows it, against the time that they ran, for event loops, which are half as
// many as the cores and here did nothing but run and wait.
func judgeQueue(v *Validity, c Config, r *Repetition, cores int) {
	if r.Phases.Steady <= 0 || r.Client.RunQueue <= 0 || cores <= 0 {
		return
	}
	ofCores := 100 / (r.Phases.Steady.Seconds() * float64(cores))
	share, ran := ofCores*r.Client.RunQueue.Seconds(), ofCores*r.Client.CPU.Seconds()
	busy := c.Model == "closed" && share+ran > 45
	over := func(limit, ofOwn float64) bool { return share > limit || (busy && share > ofOwn*ran) }
	verdict, limits := Suspect, "over 50 %, or longer than they ran"
	switch {
	case over(200, 4):
		verdict, limits = Invalid, "over 200 %, or four times as long as they ran: it measured itself"
	case !over(50, 1):
		return
	}
	object := func(format string, args ...any) { v.object(verdict, format, args...) }
	if verdict == Invalid && c.Model != "closed" { // the load does not depend on the times
		object = func(format string, args ...any) { v.inflate(allTimes(), format, args...) }
	}
	object("the generator's threads waited for a core for %.0f %% of the time of %s in total, and ran for %.0f %% (%s)",
		share, Plural(cores, "core"), ran, limits)
}

// judgePauses asks whether the generator's own runtime can explain the tail: the
// highest percentile that is known, and how far it lies above the median; or,
// where it is late for most, the median itself. Waits that are at least half of
// that explain it where they held up as many messages as lie beyond it, pauses of
// all where they take as much of the time.
func judgePauses(v *Validity, c Config, r *Repetition) {
	if all, _, _ := r.Client.GCPauses.above(0); r.Phases.Steady > 0 && all > r.Phases.Steady/50 {
		v.object(Suspect, "garbage collection stopped the generator for %.1f %% of the steady phase (over 2 %%)", 100*all.Seconds()/r.Phases.Steady.Seconds())
		return
	}
	median := r.Response.Quantile(50)
	for _, p := range []float64{99.9, 99, 90} {
		tail, known := r.Response.Percentile(p)
		if !known {
			continue
		}
		excess := tail - median
		if excess <= 0 {
			break // no tail to be explained
		}
		if stopped, _, longest := r.Client.GCPauses.above(excess / 2); longest > 0 && stopped.Seconds() >= (1-p/100)*r.Phases.Steady.Seconds() {
			v.object(Suspect, "the generator's garbage collection can explain the tail: pauses of up to %s took %s, and p%g is %s",
				round(longest), round(stopped), p, round(tail))
		}
		if times, held := r.heldUp(c, excess/2); times > 0 && held >= (1-p/100)*float64(r.Response.Count()) {
			v.object(Suspect, "the generator's scheduler can explain the tail: runnable goroutines waited %s or more %s, and p%g is %s",
				round(excess/2), Plural(times, "time"), p, round(tail))
			return
		}
		break
	}
	if times, held := r.heldUp(c, median/2); times > 0 && held >= float64(r.Response.Count())/2 {
		v.object(Suspect, "the generator's scheduler can explain the median: runnable goroutines waited %s or more %s, and p50 is %s",
			round(median/2), Plural(times, "time"), round(median))
	}
}

// heldUp counts the times that a goroutine of the generator waited for at least
// that long to run, and the messages that this can have held up.
func (r *Repetition) heldUp(c Config, least time.Duration) (times int64, held float64) {
	waited, times, _ := r.Client.Scheduling.above(least)
	held = float64(times)
	if c.Model == "open" && r.Phases.Steady > 0 {
		// While one goroutine waits, its stream's messages go on falling due.
		held += waited.Seconds() / r.Phases.Steady.Seconds() * float64(r.Response.Count()) / c.allStreams()
	}
	return times, held
}

// above adds up the values from least on, counts them and finds the largest.
func (h Histogram) above(least time.Duration) (sum time.Duration, n int64, largest time.Duration) {
	if h.IsZero() {
		return 0, 0, 0
	}
	for _, b := range h.HDR().Distribution() {
		if b.Count > 0 && b.To >= int64(least) {
			sum += time.Duration(b.Count * b.From)
			n += b.Count
			largest = max(largest, time.Duration(b.To))
		}
	}
	return sum, n, largest
}
