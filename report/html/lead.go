package html

import (
	"fmt"

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
	return fmt.Sprintf("%s × %.2f [%.2f, %.2f]", l.other.cell.Config.Protocol, l.in.Median, l.in.Low, l.in.High)
}

// A winner is ahead of all others of its result.
type winner struct {
	entry *entry
	leads []lead
}

// winner returns the entry that is ahead of all others of one result except the floor: the whole
// interval of the ratio, over repetitions that ran side by side, must be in its favour against each
// of them.
func (f metric) winner(entries []*entry) (winner, bool) {
	for _, e := range entries {
		if e.isFloor() || f.imposed(e.cell.Config) {
			continue
		}
		w := winner{entry: e}
		ahead := 0
		for _, o := range entries {
			if o == e || o.isFloor() {
				continue
			}
			ahead--
			if in, ok := f.ahead(e.cell, o.cell); ok {
				w.leads = append(w.leads, lead{o, in})
				ahead++
			}
		}
		if ahead == 0 && len(w.leads) > 0 {
			return w, true
		}
	}
	return winner{}, false
}

// ahead returns the interval of the ratio a/b and whether it lies completely in a's favour.
func (f metric) ahead(a, b *result.Cell) (stats.Interval, bool) {
	x, y := result.Pairs(a, b, f.value)
	in := stats.RatioInterval(x, y, confidence)
	if in.N < stats.ValuesFor(confidence) {
		return in, false
	}
	if f.higher {
		return in, in.Low > 1
	}
	return in, in.High < 1
}
