package result

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"rtbench/report/stats"
)

// Drift over a steady phase as a share of the median response time: the limit for a finding, and the
// limit beyond which times are not reported.
const (
	driftLimit         = 0.25
	driftLimitUnusable = 1.0
)

// judgeSteady looks for a trend in the medians of the timeline's slots: the Mann-Kendall test
// detects it, the Theil-Sen slope measures it. It uses slots that lie completely in the steady
// phase and have enough messages for a median.
//
// If the plan changes the rate, times may change with it, so each stretch of constant rate is
// judged separately.
func judgeSteady(v *Validity, c Config, r *Repetition) {
	for _, s := range constantRate(c, r.Phases.Steady) {
		if judgeStretch(v, c, r, s) {
			return
		}
	}
}

// maxFilling is the largest difference between the numbers of messages sent and arrived in the steady
// phase of a flood, as a share of the larger.
const maxFilling = 0.05

// judgeFlood looks for buffers that filled or emptied during a flood: the rate is then not one that both
// ends sustain.
func judgeFlood(v *Validity, r *Repetition) {
	sent, arrived := r.Counters.Recorded, r.Counters.Arrived
	if arrived == 0 || float64(max(sent, arrived)-min(sent, arrived)) <= maxFilling*float64(max(sent, arrived)) {
		return
	}
	v.add(Finding{Word: Limited, Kind: Unsteady, Unusable: []string{ThroughputMetric}},
		"no steady state: %s messages were sent in the steady phase and %s arrived; the rest is in buffers between the ends (a longer warm-up fills them)", Grouped(sent), Grouped(arrived))
}

// A stretch is a part of the steady phase.
type stretch struct{ from, to time.Duration }

// constantRate returns the parts of a steady phase of the given length in which the plan does not
// change the rate. Without stages that is all of it, also with a wave if it has enough periods to
// tell a trend from them.
func constantRate(c Config, steady time.Duration) []stretch {
	const periods = 8
	if wave := c.WaveOn(0); wave.Period > 0 && (len(c.Stages) > 0 || steady < periods*wave.Period) {
		return nil
	}
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
			from = at
			if !s.Step {
				from += s.Over
			}
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
	if chance >= 0.01 || share < driftLimit {
		return false
	}
	f := Finding{Word: Limited, Kind: Unsteady}
	if share >= driftLimitUnusable && c.Times != TimesGap { // a server that sets its own pace may change it
		f.Unusable = allTimes()
		if c.Model == "closed" && r.Counters.Arrived == 0 { // there the times determine the throughput
			f.Unusable = append(f.Unusable, ThroughputMetric)
		}
	}
	v.add(f, "no steady state: the %s p50 %s %s (Mann-Kendall p = %.2g; lag-1 autocorrelation %.2f)",
		cmp.Or(c.Times, "response"), fromTo(medians, drift), s.describe(c), chance, r.Series.Correlation)
	return true
}

// fromTo describes a drift by its ends on the line of Theil and Sen through the median, as far as there are such
// values: a share of the median may be less than −100 %.
func fromTo(medians []float64, drift float64) string {
	end := func(half float64) string {
		at := stats.Median(medians) + half
		return Duration(max(slices.Min(medians), min(slices.Max(medians), at)))
	}
	verb := "rises"
	if drift < 0 {
		verb = "falls"
	}
	return fmt.Sprintf("%s from about %s to %s", verb, end(-drift/2), end(drift/2))
}

func (s stretch) describe(c Config) string {
	if len(c.Stages) == 0 {
		return "over the phase"
	}
	return fmt.Sprintf("at a constant rate from %v to %v", s.from, s.to)
}
