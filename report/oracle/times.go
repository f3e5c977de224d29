package oracle

import (
	"fmt"
	"math"
	"time"

	"rtbench/report/result"
)

// tolerance is the relative error allowed in a time.
const tolerance = 0.02

// tailPercentile is the percentile above which the maximum of the floor counts as noise: a single
// interruption delays messages on all streams at once, and a few messages determine such a
// percentile.
const tailPercentile = 95

// ranksDrawn and ranksSpread are tolerances of a percentile in ranks: for delays drawn from the
// server's low-discrepancy sequence, and for delays that follow from evenly spaced send times.
const (
	ranksDrawn  = 3
	ranksSpread = 1
)

// times are the closed forms of a fault's effect on the times of a cell, in nanoseconds. They are
// NaN if there is none.
type times struct {
	// shift reports that the fault delays every message equally, which shifts each percentile of
	// the floor. Other delays are added to the median of the floor.
	shift bool
	// percentiles lists the percentiles to compare.
	percentiles []float64
	ranks       float64
	quantile    func(p float64, c result.Config) float64 // p from 0 to 1
	mean        func(c result.Config) float64
	// share is the expected share of messages later than over, if over is not 0.
	over  time.Duration
	share func(c result.Config) float64

	quantileText, meanText, shareText string
}

func constant(d time.Duration) *times {
	q := withoutQueueing(d, func(float64) float64 { return float64(d) })
	return &times{
		shift: true, percentiles: []float64{50, 90, 99}, quantile: q,
		mean:         func(c result.Config) float64 { return q(0, c) },
		quantileText: "d", meanText: "d",
	}
}

func uniform(a, b time.Duration) *times {
	q := withoutQueueing(b, func(p float64) float64 { return float64(a) + float64(b-a)*p })
	return &times{
		percentiles: []float64{10, 50, 90, 99}, ranks: ranksDrawn, quantile: q,
		mean:         func(c result.Config) float64 { return q(0.5, c) },
		quantileText: "a + (b − a)·p", meanText: "(a + b)/2",
	}
}

// exponential returns the times of exponentially distributed delays, which have no maximum. It
// assumes that messages do not queue if their gap is at least 5 times the mean: 1 delay in 150 is
// longer, and the resulting waits change a percentile by less than the allowed ranks.
func exponential(mean time.Duration) *times {
	q := withoutQueueing(5*mean, func(p float64) float64 { return -float64(mean) * math.Log1p(-p) })
	return &times{
		percentiles: []float64{50, 90, 99}, ranks: ranksDrawn, quantile: q,
		mean:         func(c result.Config) float64 { return q(1-1/math.E, c) },
		quantileText: "−m·ln(1 − p)", meanText: "m",
	}
}

// withoutQueueing returns a quantile function that is NaN unless the rate is constant and the gap
// between messages of a stream is longer than the longest delay.
func withoutQueueing(longest time.Duration, q func(p float64) float64) func(float64, result.Config) float64 {
	return func(p float64, c result.Config) float64 {
		gap := float64(c.Connections*c.Streams) / c.Rate
		if c.Pattern == "fanout" {
			gap = 1 / c.Rate
		}
		if !constantRate(c) || longest.Seconds() >= gap {
			return math.NaN()
		}
		return q(p)
	}
}

// stall returns the times of one stall of length s in the middle of each period t of the steady
// phase. A message due x before the end of a stall is x late; messages are due evenly over the
// phase.
func stall(s, t time.Duration) *times {
	// cycle returns the length of the steady phase per stall.
	cycle := func(c result.Config) float64 {
		n := math.Floor(float64(c.Steady-(t+s)/2)/float64(t)) + 1
		if !constantRate(c) || n < 1 {
			return math.NaN()
		}
		return float64(c.Steady) / n
	}
	return &times{
		percentiles: []float64{85, 90, 95, 99}, ranks: ranksSpread,
		quantile: func(p float64, c result.Config) float64 {
			if late := float64(s) - (1-p)*cycle(c); late > 0 {
				return late
			}
			return math.NaN()
		},
		mean: func(c result.Config) float64 { return float64(s) * float64(s) / (2 * cycle(c)) },
		over: s / 2, share: func(c result.Config) float64 { return float64(s) / 2 / cycle(c) },
		quantileText: "S − (1 − p)·T", meanText: "S²/2T", shareText: "n·(S/2)/T",
	}
}

// constantRate reports whether messages are due evenly over the steady phase.
func constantRate(c result.Config) bool {
	return c.Model == "open" && c.Arrivals == "constant" && len(c.Stages) == 0 && !c.HasWave() && c.Rate > 0
}

func (t *times) check(base result.Expectation, cell, floor *result.Cell) []result.Expectation {
	var under result.Histogram
	if floor != nil {
		under, _, _ = floor.Merged()
	}
	got, _, _ := cell.Merged()
	base.Unit = Nanoseconds
	n := float64(got.Count())
	noise, worst := value(under, 99)-value(under, 50), value(under, 100)-value(under, 50)
	row := func(metric, formula string, want, measured, noise, step float64) result.Expectation {
		r := base
		r.Metric, r.Formula = metric, formula
		return compared(r, want, measured, tolerance*want+noise+step)
	}
	var rows []result.Expectation
	for _, p := range t.percentiles {
		from, added := 50.0, t.quantile(p/100, cell.Config)
		if t.shift {
			from = p
		}
		scatter := noise
		if p > tailPercentile {
			scatter = worst
		}
		next := t.quantile(min(p/100+t.ranks/n, 1-1/n), cell.Config)
		rows = append(rows, row(fmt.Sprintf("p%v", p), fmt.Sprintf("%s + floor p%v", t.quantileText, from),
			added+value(under, from), value(got, p), scatter, max(next-added, 0)))
	}
	rows = append(rows, row("mean", t.meanText+" + floor mean", t.mean(cell.Config)+under.Mean(), got.Mean(), noise, 0))
	if t.over > 0 {
		rows = append(rows, t.checkShare(base, cell.Config, got))
	}
	return rows
}

// checkShare compares the number of messages later than over. Its tolerance includes the ranks of a
// percentile on each stream.
func (t *times) checkShare(base result.Expectation, c result.Config, got result.Histogram) result.Expectation {
	base.Metric, base.Formula, base.Unit = fmt.Sprintf("over %v", t.over), t.shareText, Messages
	n := float64(got.Count())
	if n == 0 {
		return compared(base, math.NaN(), math.NaN(), 0)
	}
	want := n * t.share(c)
	return compared(base, want, float64(got.Beyond(t.over)), tolerance*want+t.ranks*float64(c.Connections*c.Streams))
}

func value(h result.Histogram, p float64) float64 {
	return result.Nanoseconds(h.Quantile(p), h.Count() > 0)
}
