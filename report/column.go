package report

import (
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// A Column is a metric of the first screen.
type Column struct {
	By   metric.Metric
	Head string
	// rank orders columns by importance, from 0: those of high rank are dropped first if the width is
	// too small. The first barred have bars.
	rank int
}

// barred is the number of columns with bars, if there is room for them.
const barred = 2

// Columns returns the metrics of the first screen that any of the group's cells has.
func (g *Group) Columns() []Column { return (&summaryTable{groups: []*Group{g}}).columns() }

// columns returns the columns that any cell has, in order.
func (t *summaryTable) columns() []Column {
	g := t.groups[0]
	speed, cost := criteria(g.Config())
	list := []Column{{speed, "", 0}}
	if speed.Percentile == 0 {
		list = append(list, Column{metric.Time(50), "", 2})
	}
	list = append(list, Column{metric.Time(99), "", 3}, Column{cost, "", 1},
		Column{metric.For(quantity.ClientCPU), "", 4}, Column{metric.For(quantity.WireBytes), "", 5})
	for _, m := range g.existing(metric.Main) {
		if m.Crowd() {
			list = append(list, Column{m, "", 6})
		}
	}
	list = slices.DeleteFunc(list, func(c Column) bool { return !t.any(c.By, func(text string) bool { return text != result.Unknown }) })
	for i, c := range list {
		list[i].Head = strings.TrimSuffix(c.By.In(g.Config()).Head, "/msg")
	}
	return list
}

// any reports whether the text of a metric of any cell fulfils a condition.
func (t *summaryTable) any(m metric.Metric, condition func(text string) bool) bool {
	return slices.ContainsFunc(t.groups, func(g *Group) bool {
		return slices.ContainsFunc(g.Cells, func(c metric.Cell) bool { return condition(m.Text(c)) })
	})
}

// shows reports whether a value of the table has a mark, such as that of an upper bound.
func (t *summaryTable) shows(mark string) bool {
	marked := func(text string) bool { return strings.HasPrefix(text, mark) }
	return slices.ContainsFunc(t.columns(), func(c Column) bool { return t.any(c.By, marked) })
}

// largest returns the largest value of a metric in the table.
func (t *summaryTable) largest(m metric.Metric) float64 {
	most := 0.0
	for _, g := range t.groups {
		most = max(most, g.Largest(m))
	}
	return most
}

// Largest returns the largest value or upper bound of a metric in the group; 0 if none is known.
func (g *Group) Largest(m metric.Metric) float64 {
	most := 0.0
	for i := range g.Cells {
		if _, v := g.Extent(m, i); v > most {
			most = v
		}
	}
	return most
}

// fit returns the table with as many columns and bars as the width has room for. If it has none for columns of
// the varying parts, these are lines above the rows.
func (t *summaryTable) fit(width int) *table {
	list, bars := t.columns(), barred
	if len(t.groups) == 1 && len(t.groups[0].Cells) == 1 { // nothing to compare
		bars = 0
	}
	for {
		out := t.build(list, bars, true)
		switch {
		case out.width() <= width:
			return out
		case bars > 0:
			bars--
		case len(list) > 1:
			least := slices.MaxFunc(list, func(a, b Column) int { return a.rank - b.rank }).rank
			list = slices.DeleteFunc(list, func(c Column) bool { return c.rank == least })
		default:
			return t.build(list, bars, len(t.varies) == 0)
		}
	}
}

// build returns the table with bars beside the columns of a rank below bars, and the varying parts in columns or in
// lines of their own.
func (t *summaryTable) build(list []Column, bars int, loadColumns bool) *table {
	var heads []string
	loads := make([][]string, len(t.groups))
	if loadColumns {
		heads, loads = t.loadColumns()
	}
	heads = append(heads, "") // of the names
	out := &table{leftColumns: len(heads)}
	for _, c := range list {
		if c.rank < bars {
			heads = append(heads, "")
		}
		heads = append(heads, c.Head)
	}
	out.add(heads...)
	for i, g := range t.groups {
		if !loadColumns {
			out.addSpan(strings.Join(t.values(i), ", ") + ":")
		}
		for at, c := range g.Cells {
			if len(t.split.Rows) > 0 && c.Config.Protocol == FloorProtocol {
				continue // the split has the floor
			}
			row := append(slices.Clone(loads[i]), g.rowNames()[at])
			for _, col := range list {
				if col.rank < bars {
					low, high := g.Extent(col.By, at)
					row = append(row, bar(low/t.largest(col.By), high/t.largest(col.By)))
				}
				row = append(row, col.By.Text(c))
			}
			out.add(row...)
			clear(loads[i]) // once for all its rows
		}
	}
	return out
}
