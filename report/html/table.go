package html

import (
	"math"
	"slices"

	"rtbench/report"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A tableView is a sortable table.
type tableView struct {
	Caption string
	Heads   []string
	Rows    []rowView
}

type rowView struct {
	Label  string
	Word   result.Word
	Color  int
	Floor  bool
	Values []valueView
}

// A valueView is a value of a row with its sort key.
type valueView struct {
	Text, Sort, Interval, Ratio, Doubt string
	Best                               bool
	Bar                                *bar
}

// table returns the table of metrics of the entries.
func (g *group) table(caption string, v metric.Views, entries []*entry) tableView {
	t := tableView{Caption: caption}
	list := metric.In(v)
	for _, m := range list {
		t.Heads = append(t.Heads, m.In(g.Config()).Label)
	}
	for _, e := range entries {
		row := g.row(e)
		for _, m := range list {
			row.Values = append(row.Values, valueView{Text: m.Text(e.Cell), Sort: report.Plain(m.Value(e.Cell))})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// curves reports whether any entry has a curve to draw.
func (g *group) curves() bool {
	return slices.ContainsFunc(g.entries, func(e *entry) bool {
		_, response := e.Percentile(e.Response, 50)
		return response || !math.IsNaN(e.ServicePercentile(50)) || !math.IsNaN(e.LagPercentile(50))
	})
}

// arrivals returns the table of unsolicited messages.
func (g *group) arrivals() tableView {
	list := slices.DeleteFunc(slices.Clone(g.entries), func(e *entry) bool { return e.Arrivals == nil })
	t := g.table("Arrivals per stream: time from opening to the first message, and gaps between messages", metric.Arrivals, list)
	if len(list) > 0 {
		t.Heads = report.ArrivalHeads(list[0].Cell)
	}
	return t
}
