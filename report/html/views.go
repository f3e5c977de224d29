package html

import (
	"rtbench/report"
	"rtbench/report/metric"
)

// openGroups is the number of groups up to which all are expanded.
const openGroups = 6

// A groupView is the data of sections 2 to 5 for a group.
type groupView struct {
	Anchor, Title, What string
	Matching            string // how replies are matched, if they are
	Negotiated          []string
	Open                bool
	Compare             compareView
	Percentiles         tableView
	Curves              bool   // the chart by percentile has something to show
	TimeNote            string // empty without data over time
	Heats               []heatView
	Cost                tableView
	Arrivals            tableView // no rows without unsolicited messages
	ArrivalNotes        []string  // explain missing values in Arrivals
	Failures            []string
}

// A heatView labels a heatmap.
type heatView struct {
	Label string
	Color int
	Index int
}

func viewsOf(groups []*group) []groupView {
	var out []groupView
	for i, g := range groups {
		v := groupView{
			Anchor: anchor(i), Title: g.Title, What: g.TimesCaption(), Matching: report.MatchCaption(g.Config()), Negotiated: g.Negotiated(), Open: i == 0 || len(groups) <= openGroups,
			Compare: g.compare(), Percentiles: g.table("By percentile", metric.Curve, g.entries), Curves: g.curves(), TimeNote: g.timeNote(), Cost: g.table("Capacity and cost", metric.Cost, g.entries), Arrivals: g.arrivals(),
			ArrivalNotes: g.ArrivalNotes(func(i int) string { return g.named(g.entries[i]) }),
		}
		for _, e := range g.entries {
			v.Failures = append(v.Failures, report.FailureLines(e.Cell.Cell, report.PageExample)...)
			if v.TimeNote != "" && hasTimeline(e.Cell.Cell) {
				v.Heats = append(v.Heats, heatView{g.label(e), e.color, e.place})
			}
		}
		out = append(out, v)
	}
	return out
}

// row returns an entry's row without values.
func (g *group) row(e *entry) rowView {
	return rowView{Label: g.label(e), Verdict: string(e.Verdict()), Color: e.color, Floor: e.isFloor()}
}
