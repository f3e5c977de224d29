package html

import (
	"fmt"
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
	// Low is the lower bound of a value that is an upper bound.
	Low  string
	Best bool
	Bar  *bar
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
			v := valueView{Text: m.Text(e.Cell), Sort: report.Plain(m.Value(e.Cell))}
			v.setBounds(m, e.Cell)
			row.Values = append(row.Values, v)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// setBounds sets the lower bound of a value that has one, and sorts the value by the upper one.
func (v *valueView) setBounds(m metric.Metric, c metric.Cell) (low, high float64, bounded bool) {
	if low, high, bounded = m.CellBounds(c); bounded {
		v.Low, v.Sort = atLeast(m, low), report.Plain(high)
	}
	return low, high, bounded
}

// atLeast formats a lower bound; empty for 0, which says nothing.
func atLeast(m metric.Metric, low float64) string {
	if low <= 0 {
		return ""
	}
	return "≥ " + m.Format(low)
}

// curves reports whether any entry has a curve to draw.
func (g *group) curves() bool {
	return slices.ContainsFunc(g.entries, func(e *entry) bool {
		_, response := e.Curve([]float64{50})
		return len(response) > 0 || !math.IsNaN(e.ServicePercentile(50)) || !math.IsNaN(e.LagPercentile(50))
	})
}

// connecting returns the table of how the streams were opened.
func (g *group) connecting() tableView {
	list := slices.DeleteFunc(slices.Clone(g.entries), func(e *entry) bool { return e.Connecting == nil })
	return g.table("C"+report.ConnectingCaption[1:], metric.Connecting, list)
}

// joins returns the table of users that came and went.
func (g *group) joins() tableView {
	list := slices.DeleteFunc(slices.Clone(g.entries), func(e *entry) bool { return e.Joins == nil })
	return g.table("J"+report.JoinsCaption[1:], metric.Joins, list)
}

// churn returns the table of what users that come and go do to the group.
func (g *group) churn(all []*report.Group) tableView {
	c := g.Churn(all)
	t := tableView{Caption: c.Caption, Heads: c.Heads}
	for _, r := range c.Rows {
		row := g.row(g.entryOf(r.Cell.Cell))
		for _, text := range r.Values {
			row.Values = append(row.Values, valueView{Text: text, Sort: text})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// kinds returns the table of kinds of messages.
func (g *group) kinds() tableView {
	t := tableView{Caption: "K" + report.KindsCaption[1:], Heads: report.KindHeads()}
	for _, e := range g.entries {
		for _, k := range e.Kinds() {
			row := g.row(e)
			row.Label += " · " + k.Name
			for _, text := range report.KindRow(e.Cell, k) {
				row.Values = append(row.Values, valueView{Text: text})
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// serverMetrics returns the table of the server's own metrics.
func (g *group) serverMetrics() tableView {
	heads, rows := g.ServerRows()
	t := tableView{Caption: "T" + report.ServerCaption[1:], Heads: heads}
	if len(heads) == 0 {
		return t
	}
	for i, e := range g.entries {
		row := g.row(e)
		for _, text := range rows[i] {
			row.Values = append(row.Values, valueView{Text: text})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// agents returns the table of the agents of each repetition.
func (g *group) agents() tableView {
	t := tableView{Caption: "Agents: what each did", Heads: report.AgentHeads()}
	for _, e := range g.entries {
		for _, rep := range e.Repetitions {
			for _, a := range rep.Agents {
				row := g.row(e)
				row.Label += fmt.Sprintf(" · #%d · %s", rep.Index+1, a.Name)
				for _, text := range report.AgentRow(rep, a) {
					row.Values = append(row.Values, valueView{Text: text})
				}
				t.Rows = append(t.Rows, row)
			}
		}
	}
	return t
}

// tokens returns the table of answers.
func (g *group) tokens() tableView {
	t := tableView{Caption: "A" + report.TokensCaption[1:], Heads: report.TokenHeads()}
	for _, e := range g.entries {
		values := report.TokenRow(e.Cell)
		if values == nil {
			continue
		}
		row := g.row(e)
		for _, text := range values {
			row.Values = append(row.Values, valueView{Text: text})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
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
