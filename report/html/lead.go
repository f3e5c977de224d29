package html

import (
	"fmt"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A lead is the lead of a protocol over another in a metric.
type lead struct {
	other *entry
	in    stats.Interval
}

// String formats the lead as a ratio with its interval.
func (l lead) String() string {
	return fmt.Sprintf("%s × %.2f [%.2f, %.2f]", l.other.Config.Protocol, l.in.Median, l.in.Low, l.in.High)
}

// A winner is ahead of all others of its result.
type winner struct {
	entry *entry
	leads []lead
}

// winnerIn returns the entry that is ahead of all others of one result except the floor: the whole
// interval of the ratio, over repetitions that ran side by side, must be in its favour against each
// of them.
func winnerIn(f metric.Metric, entries []*entry) (winner, bool) {
	for _, e := range entries {
		if e.isFloor() || imposed(f, e.Config) {
			continue
		}
		w := winner{entry: e}
		left := 0
		for _, o := range entries {
			if o == e || o.isFloor() {
				continue
			}
			left++
			if in, ahead, _ := f.Ratio(e.Cell.Cell, o.Cell.Cell, 1); ahead {
				w.leads = append(w.leads, lead{o, in})
				left--
			}
		}
		if left == 0 && len(w.leads) > 0 {
			return w, true
		}
	}
	return winner{}, false
}

// imposed reports whether the load or the server determines the metric, so that no protocol can be
// ahead in it.
func imposed(f metric.Metric, c result.Config) bool {
	return !f.Measures(c) || f.Percentile > 0 && c.Times == result.TimesGap
}
