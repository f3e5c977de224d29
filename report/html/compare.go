package html

import (
	"fmt"
	"math"
	"strings"

	"rtbench/report"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// compareView is the table of section 2.
type compareView struct {
	tableView
	Note, NoLeader string
	Leads          []string
}

func (g *group) compare() compareView {
	v := compareView{Note: "Percentiles of merged histograms, medians otherwise; " + g.Precision()}
	for _, e := range g.entries {
		v.Rows = append(v.Rows, g.row(e))
	}
	for _, f := range metric.In(metric.Compare) {
		v.Heads = append(v.Heads, f.In(g.Config()).Label)
		winners := g.winners(f)
		for i, value := range g.column(f) {
			for _, w := range winners {
				value.Best = value.Best || w.entry == g.entries[i]
			}
			v.Rows[i].Values = append(v.Rows[i].Values, value)
		}
		for _, w := range winners {
			v.Leads = append(v.Leads, g.lead(f, w))
		}
	}
	if len(v.Leads) == 0 && g.contested() {
		v.NoLeader = "No protocol is ahead of all others in any metric."
	}
	return v
}

// lead describes the lead of a winner.
func (g *group) lead(f metric.Metric, w winner) string {
	var parts []string
	for _, l := range w.leads {
		parts = append(parts, l.String())
	}
	return fmt.Sprintf("%s: %s is ahead of %s (%.1f %% intervals over at least %d pairs)",
		f.In(g.Config()).Label, g.label(w.entry), strings.Join(parts, ", "), 100*w.leads[0].in.Confidence, fewest(w.leads))
}

func fewest(leads []lead) int {
	n := leads[0].in.N
	for _, l := range leads {
		n = min(n, l.in.N)
	}
	return n
}

// column returns a metric of all entries on a common scale.
func (g *group) column(f metric.Metric) []valueView {
	estimates := make([]stats.Interval, len(g.entries))
	for i, e := range g.entries {
		estimates[i] = f.Interval(e.Cell)
		if low, high, bounded := f.CellBounds(e.Cell); bounded {
			estimates[i].Low, estimates[i].High = low, high
		}
	}
	s := scaleOf(estimates)
	out := make([]valueView, len(g.entries))
	for i, e := range g.entries {
		in := estimates[i]
		v := valueView{Text: f.Text(e.Cell), Sort: report.Plain(in.Median), Bar: s.bar(in)}
		v.setBounds(f, e.Cell)
		if in.N > 1 || in.Low < in.High {
			if low, high := f.Format(in.Low), f.Format(in.High); low != high && !math.IsNaN(in.Median) {
				v.Interval, v.Doubt = fmt.Sprintf("[%s, %s]", low, high), doubt(in)
			}
		}
		if floor := g.floor(e); floor != nil && floor != e && in.Median/estimates[floor.place].Median > 0 {
			v.Ratio = report.Ratio(in.Median / estimates[floor.place].Median)
		}
		out[i] = v
	}
	return out
}

// doubt describes an interval of less than the requested confidence.
func doubt(in stats.Interval) string {
	if in.N < 2 || in.Confidence >= metric.Confidence {
		return ""
	}
	return fmt.Sprintf("%.0f %%, n = %d", 100*in.Confidence, in.N)
}

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
