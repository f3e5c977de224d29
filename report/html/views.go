package html

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/report"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// openGroups is up to how many groups are all open at first.
const openGroups = 6

// A groupView is what sections 2 to 5 show of a group.
type groupView struct {
	Anchor, Title, What string
	Told                string // how messages were told apart; empty where nothing need be said
	Agreed              []string
	Open                bool
	Compare             compareView
	Percentiles         tableView
	Curves              bool   // whether a chart by percentile has anything to show
	TimeNote            string // empty where nothing is known over time
	Heats               []heatView
	Cost                tableView
	Arrivals            tableView // no rows where nothing came by itself
	ArrivalNotes        []string  // why figures in it are not known
	Trouble             []string
}

// A tableView is a table of which every column sorts.
type tableView struct {
	Heads []string
	Rows  []rowView
}

type rowView struct {
	Label, Verdict string
	Color          int
	Floor          bool
	Values         []valueView
}

// A valueView is one figure of a row; Sort is what it sorts by.
type valueView struct {
	Text, Sort, Interval, Ratio, Doubt string
	Best                               bool
	Bar                                *bar
}

// heatView names a heatmap.
type heatView struct {
	Label string
	Color int
	Index int
}

func viewsOf(groups []*group) []groupView {
	var out []groupView
	for i, g := range groups {
		v := groupView{
			Anchor: anchor(i), Title: g.title, What: g.what(), Told: report.Told(g.config()), Agreed: report.Agreed(g.cells()...), Open: i == 0 || len(groups) <= openGroups,
			Compare: g.compare(), Percentiles: g.percentiles(), Curves: g.curves(), TimeNote: g.timeNote(), Cost: g.cost(), Arrivals: g.arrivals(), ArrivalNotes: g.arrivalNotes(),
		}
		for _, e := range g.entries {
			v.Trouble = append(v.Trouble, report.Trouble(e.cell)...)
			if v.TimeNote != "" && hasTimeline(e.cell) {
				v.Heats = append(v.Heats, heatView{g.label(e), e.color, e.place})
			}
		}
		out = append(out, v)
	}
	return out
}

// what says which times these are.
func (g *group) what() string {
	return report.Times(g.cells()...)
}

func (g *group) cells() []*result.Cell {
	cells := make([]*result.Cell, len(g.entries))
	for i, e := range g.entries {
		cells[i] = e.cell
	}
	return cells
}

// config is that of the group, but for what differs between its entries.
func (g *group) config() result.Config { return g.entries[0].cell.Config }

// row begins an entry's row.
func (g *group) row(e *entry) rowView {
	return rowView{Label: g.label(e), Verdict: string(e.cell.Verdict()), Color: e.color, Floor: e.isFloor()}
}

// compareView is section 2's table.
type compareView struct {
	tableView
	Note, Nobody string
	Leads        []string
}

func (g *group) compare() compareView {
	v := compareView{Note: g.precision()}
	for _, e := range g.entries {
		v.Rows = append(v.Rows, g.row(e))
	}
	for _, f := range figures {
		v.Heads = append(v.Heads, f.called(g.config()))
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
		v.Nobody = "No protocol is ahead of all others by any figure."
	}
	return v
}

// lead says by how much a winner is ahead.
func (g *group) lead(f figure, w winner) string {
	var parts []string
	for _, l := range w.leads {
		parts = append(parts, "to "+l.String())
	}
	return fmt.Sprintf("%s: %s is ahead, %s, %.1f %% intervals over %d pairs or more",
		f.called(g.config()), g.label(w.entry), strings.Join(parts, ", "), 100*w.leads[0].in.Confidence, fewest(w.leads))
}

func fewest(leads []lead) int {
	n := leads[0].in.N
	for _, l := range leads {
		n = min(n, l.in.N)
	}
	return n
}

// column is a figure of all entries, on one scale.
func (g *group) column(f figure) []valueView {
	estimates := make([]estimate, len(g.entries))
	for i, e := range g.entries {
		estimates[i] = f.estimate(e.cell)
	}
	s := scaleOf(estimates)
	out := make([]valueView, len(g.entries))
	for i, e := range g.entries {
		in := estimates[i]
		v := valueView{Text: f.format(in.Median), Sort: raw(in.Median), Bar: s.bar(in)}
		if finite(in.Median) && in.spread() {
			if low, high := f.format(in.Low), f.format(in.High); low != high {
				v.Interval, v.Doubt = fmt.Sprintf("[%s, %s]", low, high), in.doubt()
			}
		}
		if text := e.atMost(f.percentile); f.percentile > 0 && text != "" {
			v.Text = text
		}
		if floor := g.floor(e); floor != nil && floor != e {
			v.Ratio = ratio(in.Median, estimates[floor.place].Median)
		}
		out[i] = v
	}
	return out
}

func ratio(a, b float64) string {
	if v := a / b; finite(v) {
		return fmt.Sprintf("×%.2f", v)
	}
	return ""
}

// doubt says where an interval is of less than it should be.
func (e estimate) doubt() string {
	if e.N < 2 || e.Confidence >= confidence {
		return ""
	}
	return fmt.Sprintf("%.0f %%, n = %d", 100*e.Confidence, e.N)
}

// precision says what the intervals are.
func (g *group) precision() string {
	most, ran := 0, 0
	for _, e := range g.entries {
		most = max(most, len(e.cell.Values(func(*result.Repetition) float64 { return 0 })))
		ran = max(ran, len(e.cell.Repetitions))
	}
	switch {
	case most == 0:
		return "No repetition is usable: all are INVALID, for the reasons above"
	case ran > 1:
		covered := stats.MedianInterval(make([]float64, most), confidence).Confidence
		return fmt.Sprintf("Percentiles of the merged histograms and medians over the repetitions that are not invalid, each with the exact order-statistic interval of its median: %.1f %% with %s, at least 95 %% with %d, else as the figure says",
			100*covered, plural(most, "repetition"), stats.ValuesFor(confidence))
	}
	return "One repetition: percentiles have the exact 95 % interval that their messages give; how another run would differ it cannot tell"
}

// percentiles is the table beside the chart by percentile.
func (g *group) percentiles() tableView {
	var v tableView
	for _, p := range result.Percentiles {
		v.Heads = append(v.Heads, report.Timed(g.config(), fmt.Sprintf("p%g", p)))
	}
	v.Heads = append(v.Heads, report.Timed(g.config(), "max"), "service p50", "service p99", "lag p50", "lag p99")
	for _, e := range g.entries {
		r := g.row(e)
		for _, p := range result.Percentiles {
			r.addTime(e, p)
		}
		r.addTime(e, result.Maximum)
		for _, h := range []result.Histogram{e.service, e.lag} {
			r.add(orNaN(known(h.Percentile(50))), report.Duration)
			r.add(orNaN(known(h.Percentile(99))), report.Duration)
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}

// curves says whether any entry has a time whose median is known.
func (g *group) curves() bool {
	return slices.ContainsFunc(g.entries, func(e *entry) bool {
		_, response := e.cell.Percentile(e.response, 50)
		_, service := e.service.Percentile(50)
		_, lag := e.lag.Percentile(50)
		return response || service || lag
	})
}

// arrivals is the table of what came by itself.
func (g *group) arrivals() tableView {
	var v tableView
	for _, e := range g.entries {
		if e.cell.Arrivals() == nil {
			continue
		}
		row, heads := g.row(e), []string{}
		for _, f := range report.ArrivalFigures(e.cell) {
			heads = append(heads, f.Name)
			row.add(f.Value, func(v float64) string { return orDash(v, f.Format) })
		}
		v.Heads, v.Rows = heads, append(v.Rows, row)
	}
	return v
}

// arrivalNotes say why figures of that table are not known.
func (g *group) arrivalNotes() []string {
	var out []string
	for _, e := range g.entries {
		if a := e.cell.Arrivals(); a != nil && report.FirstMessageNote(a) != "" {
			out = append(out, g.named(e)+": "+report.FirstMessageNote(a))
		}
	}
	return out
}

func orDash(v float64, format func(float64) string) string {
	if !finite(v) {
		return "–"
	}
	return format(v)
}

func (r *rowView) add(v float64, format func(float64) string) {
	r.Values = append(r.Values, valueView{Text: format(v), Sort: raw(v)})
}

// addTime adds a percentile of the response times, or its upper bound.
func (r *rowView) addTime(e *entry, p float64) {
	r.add(known(e.cell.Percentile(e.response, p)), report.Duration)
	if text := e.atMost(p); text != "" {
		r.Values[len(r.Values)-1].Text = text
	}
}

// atMost is a percentile whose value is an upper bound, empty if it is not.
func (e *entry) atMost(p float64) string {
	if most, ok := e.cell.AtMost(e.response, p); ok {
		return "≤ " + report.Duration(float64(most))
	}
	return ""
}

func orNaN(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}

// labelled is a table and its caption.
type labelled struct {
	Label string
	Table tableView
}

func pair(label string, t tableView) labelled { return labelled{label, t} }
