package result

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Pauses are pauses of the generator of more than 100 ms between the beginning of the steady phase
// and the last reply: it was stopped, starved of CPU, or its machine paused or suspended.
type Pauses struct {
	Count   uint64        `json:"count"`
	Total   time.Duration `json:"total_ns"`
	Longest time.Duration `json:"longest_ns"`
	// InDrain is the part of Total after the steady phase.
	InDrain time.Duration `json:"in_drain_ns,omitempty"`
}

// A Gap is a pause of the generator of 20 to 100 ms. At counts from the beginning of the steady
// phase.
type Gap struct {
	At     time.Duration `json:"at_ns"`
	Length time.Duration `json:"length_ns"`
}

// describe describes the pauses and the phases in which they happened.
func (p Pauses) describe(steady time.Duration) string {
	text := "the generator did not run for " + formatDuration(p.Total)
	if p.Count > 1 {
		text += fmt.Sprintf(" in %s, the longest %s", Plural(p.Count, "pause"), formatDuration(p.Longest))
	}
	inSteady := p.Total - p.InDrain
	switch {
	case inSteady <= 0:
		return text + " (in the drain)"
	case p.InDrain > 0:
		return text + fmt.Sprintf(" (%s of the steady phase, and %s in the drain)", percent(inSteady, steady), formatDuration(p.InDrain))
	}
	return text + fmt.Sprintf(" (%s of the steady phase)", percent(inSteady, steady))
}

func percent(part, of time.Duration) string {
	share := 100 * part.Seconds() / of.Seconds()
	if share < 10 {
		return fmt.Sprintf("%.1f %%", share)
	}
	return fmt.Sprintf("%.0f %%", share)
}

// judgeClientPauses finds the metrics affected by pauses of the generator. Messages due or
// outstanding during a pause look as late as the pause is long, and so do later ones until the
// backlog is gone, which takes about a quarter of the pause. In a closed loop, one message per
// stream is affected.
func judgeClientPauses(v *Validity, c Config, r *Repetition) {
	p := r.ClientPauses
	if p.Count == 0 || r.Phases.Steady <= 0 {
		return
	}
	share := 100 * (p.Total - p.InDrain).Seconds() / r.Phases.Steady.Seconds()
	touched := 125 * p.Total.Seconds() / r.Phases.Steady.Seconds()
	if c.OneAtATime() {
		touched = 100 * float64(p.Count) * c.AllStreams() / float64(max(1, r.Counters.Recorded))
	}
	var metrics []string
	for _, q := range timeMetrics {
		if touched >= 100-q && p.Longest > r.Response.Quantile(q)/10 {
			metrics = timesFrom(q)
			break
		}
	}
	if c.Model == "closed" && share >= 1 {
		metrics = append(metrics, ThroughputMetric)
	}
	higher := c.Times == TimesGap || c.Model == "closed" && share >= 1 // true values can also be higher
	v.add(Finding{Word: Limited, Kind: Paused, Unusable: metrics, AtMost: len(metrics) > 0 && !higher},
		"%s: it was stopped or starved of CPU, or the machine paused", p.describe(r.Phases.Steady))
}

// judgeClientGaps finds the metrics that may consist to half or more of a shorter pause of the
// generator, because the slowest messages were due or outstanding during it. It ignores pauses that
// no message shows: only the watchdog waited for a core, or nothing was outstanding.
func judgeClientGaps(v *Validity, c Config, r *Repetition) {
	if r.Phases.Steady <= 0 {
		return
	}
	gaps := slices.DeleteFunc(joinGaps(r.ClientGaps), func(g Gap) bool { return !r.showsGap(c, g) })
	for _, p := range timeMetrics {
		value, known := r.Response.Percentile(p)
		if !known || slices.Contains(v.Unusable, MetricName(p)) {
			continue
		}
		held, longest := delayedByGaps(gaps, c, r, value)
		if longest < value/2 || p < Maximum && (longest > 10*value || held < (1-p/100)*float64(r.Response.Count())/2) {
			continue // delaying that many messages would have raised p above a tenth of the pause
		}
		did := "hardly ran" // between joined gaps it did
		if slices.ContainsFunc(r.ClientGaps, func(g Gap) bool { return g.Length == longest }) {
			did = "did not run"
		}
		v.add(Finding{Word: Limited, Kind: Paused, Unusable: timesFrom(p), AtMost: c.Times != TimesGap}, "the generator %s for up to %s at a time (stopped or starved of CPU), which can explain the %s of %s",
			did, formatDuration(longest), MetricName(p), formatDuration(value))
		return
	}
}

// joinGaps returns the gaps by time, and joins neighbors with less between them than half of the longer one: the backlog
// of one may not be sent before the next.
func joinGaps(gaps []Gap) (joined []Gap) {
	gaps = slices.Clone(gaps)
	slices.SortFunc(gaps, func(a, b Gap) int { return cmp.Compare(a.At, b.At) })
	for _, g := range gaps {
		if n := len(joined); n > 0 {
			last := &joined[n-1]
			if between := g.At - last.At - last.Length; between <= max(last.Length, g.Length)/2 {
				last.Length = max(last.Length, g.At+g.Length-last.At)
				continue
			}
		}
		joined = append(joined, g)
	}
	return joined
}

// delayedByGaps returns the number of messages that gaps can have delayed to value, and the longest
// of those gaps.
func delayedByGaps(gaps []Gap, c Config, r *Repetition, value time.Duration) (messages float64, longest time.Duration) {
	for _, g := range gaps {
		if g.Length < value/2 {
			continue
		}
		longest = max(longest, g.Length)
		if c.OneAtATime() {
			messages += c.AllStreams()
		} else {
			messages += max(0, g.Length-value/2).Seconds() / r.Phases.Steady.Seconds() * float64(r.Response.Count())
		}
	}
	return messages, longest
}

// showsGap reports whether messages received around the end of a gap were slow enough to have been
// due or outstanding during it.
func (r *Repetition) showsGap(c Config, g Gap) bool {
	around := r.Response
	if len(r.Timeline) > 0 {
		around = Histogram{}
		for _, in := range r.Timeline {
			if end := g.At + g.Length; in.Start <= end+50*time.Millisecond && in.Start+in.Length >= end {
				around.Merge(in.Response)
			}
		}
	}
	if around.Count() == 0 {
		return false
	}
	// The generator may have run in a part of the gap, in which only the watchdog waited.
	least, want := g.Length/2, 1.0
	if !c.OneAtATime() {
		least += r.Response.Quantile(50) // on top of the gap, for messages due during it
		want = max(1, 0.05*g.Length.Seconds()/r.Phases.Steady.Seconds()*float64(r.Response.Count()))
	}
	_, slow := around.above(least)
	return float64(slow) >= want
}
