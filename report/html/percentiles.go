package html

import (
	"fmt"
	"slices"

	"rtbench/report"
	"rtbench/report/result"
)

// percentiles returns the values of the chart by percentile as a table.
func (g *group) percentiles() tableView {
	var v tableView
	for _, p := range result.Percentiles {
		v.Heads = append(v.Heads, report.TimeMetricName(g.config(), fmt.Sprintf("p%g", p)))
	}
	v.Heads = append(v.Heads, report.TimeMetricName(g.config(), "max"), "service p50", "service p99", "lag p50", "lag p99")
	for _, e := range g.entries {
		r := g.row(e)
		for _, p := range result.Percentiles {
			r.addTime(e, p)
		}
		r.addTime(e, result.Maximum)
		for _, of := range []func(float64) float64{e.servicePercentile, e.lagPercentile} {
			r.add(orNaN(of(50)), result.Duration)
			r.add(orNaN(of(99)), result.Duration)
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}

// curves reports whether any entry has a curve to draw.
func (g *group) curves() bool {
	return slices.ContainsFunc(g.entries, func(e *entry) bool {
		_, response := e.cell.Percentile(e.response, 50)
		return response || finite(e.servicePercentile(50)) || finite(e.lagPercentile(50))
	})
}

// arrivals returns the table of unsolicited messages.
func (g *group) arrivals() tableView {
	var v tableView
	for _, e := range g.entries {
		if e.cell.Arrivals() == nil {
			continue
		}
		row, heads := g.row(e), []string{}
		for _, f := range report.ArrivalMetrics(e.cell) {
			heads = append(heads, f.Name)
			row.add(f.Value, f.Format)
		}
		v.Heads, v.Rows = heads, append(v.Rows, row)
	}
	return v
}

// arrivalNotes explains missing values in the table of arrivals.
func (g *group) arrivalNotes() []string {
	var out []string
	for _, e := range g.entries {
		if a := e.cell.Arrivals(); a != nil && report.FirstMessageNote(a) != "" {
			out = append(out, g.named(e)+": "+report.FirstMessageNote(a))
		}
	}
	return out
}

// addTime adds a percentile of the response times, or its upper bound.
func (r *rowView) addTime(e *entry, p float64) {
	r.add(nsOrNaN(e.cell.Percentile(e.response, p)), result.Duration)
	if text := e.atMost(p); text != "" {
		r.Values[len(r.Values)-1].Text = text
	}
}

// atMost formats a percentile that is an upper bound; empty otherwise.
func (e *entry) atMost(p float64) string {
	if most, ok := e.cell.UpperBound(e.response, p); ok {
		return "≤ " + result.Duration(float64(most))
	}
	return ""
}
