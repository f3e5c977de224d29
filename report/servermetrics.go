package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// ServerCaption describes the table of the server's own metrics.
const ServerCaption = "the server's own metrics (target.stats) in the steady phase: medians over the repetitions with their intervals; ≤ is the upper bound of a histogram's bucket"

// ServerRows returns the server's own metrics of the group, one row each, with a value for each cell.
func (g *Group) ServerRows() (heads []string, rows [][]string) {
	var cells []*result.Cell
	for _, c := range g.Cells {
		cells = append(cells, c.Cell)
	}
	metrics := metric.Server(cells...)
	for _, m := range metrics {
		heads = append(heads, m.Head)
	}
	for _, c := range g.Cells {
		var row []string
		for _, m := range metrics {
			row = append(row, m.ServerText(c))
		}
		rows = append(rows, row)
	}
	return heads, rows
}

// serverMetrics returns the table of the server's own metrics, a row for each; nil if there are none.
func (g *Group) serverMetrics() *table {
	heads, rows := g.ServerRows()
	if len(heads) == 0 {
		return nil
	}
	names := []string{"metric"}
	for _, c := range g.Cells {
		names = append(names, c.Config.Protocol)
	}
	t := newTable(names...)
	for i, head := range heads {
		row := []string{head}
		for _, values := range rows {
			row = append(row, values[i])
		}
		t.add(row...)
	}
	return t
}

// ServerMetricsNotes names the series behind the server's own metrics, and the cost of reading them.
func (g *Group) ServerMetricsNotes() (lines []string) {
	var longest, every time.Duration
	readings, bytes := 0, 0
	for _, c := range g.Cells {
		for _, r := range c.Repetitions {
			m := r.ServerMetrics
			if m == nil {
				continue
			}
			every, readings = m.Every, readings+m.Readings
			longest, bytes = max(longest, m.Longest), max(bytes, m.Bytes)
			for _, s := range m.Series {
				lines = append(lines, seriesNote(s)...)
			}
		}
	}
	if readings == 0 {
		return lines
	}
	cost := fmt.Sprintf("read every %v: %s, each of up to %v", every, result.Plural(readings, "reading"), longest.Round(10*time.Microsecond))
	if bytes > 0 {
		cost += " and " + result.Bytes(float64(bytes))
	}
	return append(slices.Compact(slices.Sorted(slices.Values(lines))), cost)
}

// seriesNote names the source of a series that is not clear from its name.
func seriesNote(s result.ServerSeries) []string {
	switch {
	case s.Kind == "":
		return nil
	case s.Matched > 1:
		return []string{fmt.Sprintf("%s is the sum of %d series %s", s.Name, s.Matched, s.Source)}
	case strings.HasPrefix(s.Source, s.Name):
		return nil
	}
	return []string{fmt.Sprintf("%s is %s", s.Name, s.Source)}
}

// serverBriefly prints the server's own metrics of groups that have them.
func (p *printer) serverBriefly(groups []*Group) {
	for _, g := range groups {
		if t := g.serverMetrics(); t != nil {
			p.printf("  The server's own metrics:\n%s", t.text())
		}
	}
}
