package html

import (
	"rtbench/report"
	"rtbench/report/result"
)

// openGroups is up to how many groups are all open at first.
const openGroups = 6

// A groupView is what sections 2 to 5 show of a group.
type groupView struct {
	Anchor, Title, What string
	Matching            string // how messages were told apart; empty where nothing need be said
	Negotiated          []string
	Open                bool
	Compare             compareView
	Percentiles         tableView
	Curves              bool   // whether a chart by percentile has anything to show
	TimeNote            string // empty where nothing is known over time
	Heats               []heatView
	Cost                tableView
	Arrivals            tableView // no rows where nothing came by itself
	ArrivalNotes        []string  // why figures in it are not known
	Failures            []string
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
			Anchor: anchor(i), Title: g.title, What: g.timesCaption(), Matching: report.MatchCaption(g.config()), Negotiated: report.Negotiated(g.cells()...), Open: i == 0 || len(groups) <= openGroups,
			Compare: g.compare(), Percentiles: g.percentiles(), Curves: g.curves(), TimeNote: g.timeNote(), Cost: g.cost(), Arrivals: g.arrivals(), ArrivalNotes: g.arrivalNotes(),
		}
		for _, e := range g.entries {
			v.Failures = append(v.Failures, report.FailureLines(e.cell, report.PageExample)...)
			if v.TimeNote != "" && hasTimeline(e.cell) {
				v.Heats = append(v.Heats, heatView{g.label(e), e.color, e.place})
			}
		}
		out = append(out, v)
	}
	return out
}

// timesCaption says which times these are.
func (g *group) timesCaption() string {
	return report.TimesCaption(g.cells()...)
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
