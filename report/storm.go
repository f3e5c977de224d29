package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A StormRow is a cell's part in an event: values as text, and the course of its first repetition.
type StormRow struct {
	Cell   metric.Cell
	Values []string // as StormHeads
	Course []result.StormSlot
	Cut    uint64
}

// A StormTable shows the effect of an event on the cells of a group, and how their streams came back.
type StormTable struct {
	Caption string
	Heads   []string
	Rows    []StormRow
	Ends    []string // how streams ended that rtbench did not end, by protocol
}

// Storms returns a table for each event of the group's cells, in the order of time.
func (g *Group) Storms() []StormTable { return g.stormTables(inFull) }

// stormTables shows streams that an event cut in the columns of a view, and those that a partition held up or that
// stayed in theirs.
func (g *Group) stormTables(v stormView) (tables []StormTable) {
	for i := range mostEvents(g) {
		view := v
		switch {
		case g.any(i, func(s *result.Storm) bool { return s.Partition != nil }):
			if view = partitionBriefly; v == inFull {
				view = partitionInFull
			}
		case v != inFull && !g.any(i, func(s *result.Storm) bool { return s.Cut > 0 }):
			view = stayed
		}
		t := StormTable{}
		for _, col := range columnsIn(view) {
			head := col.head
			if v != inFull {
				head = cmp.Or(col.briefHead, head)
			}
			t.Heads = append(t.Heads, head)
		}
		for _, c := range g.Cells {
			row, s, ok := stormRow(c, i, columnsIn(view))
			if !ok {
				continue
			}
			t.Rows, t.Caption = append(t.Rows, row), cmp.Or(t.Caption, stormCaption(s, c.Config))
			if ends := endsOf(c, i); ends != "" {
				t.Ends = append(t.Ends, c.Config.Protocol+": "+ends)
			}
		}
		tables = append(tables, t)
	}
	return tables
}

// endsOf says how streams ended because of a cell's ith event, unless rtbench ended them.
func endsOf(c metric.Cell, i int) string {
	classes := map[string]uint64{}
	for _, r := range c.Repetitions {
		if i < len(r.Storms) {
			for class, n := range r.Storms[i].Ended {
				classes[class] += n
			}
		}
	}
	var list []string
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		list = append(list, fmt.Sprintf("%s × %s", result.Grouped(classes[class]), result.Printable(class)))
	}
	return strings.Join(list, ", ")
}

// any reports whether the ith event of any repetition fulfils a condition.
func (g *Group) any(i int, condition func(*result.Storm) bool) bool {
	for _, c := range g.Cells {
		for _, r := range c.Repetitions {
			if i < len(r.Storms) && condition(&r.Storms[i]) {
				return true
			}
		}
	}
	return false
}

func mostEvents(g *Group) (most int) {
	for _, c := range g.Cells {
		for _, r := range c.Repetitions {
			most = max(most, len(r.Storms))
		}
	}
	return most
}

// stormRow returns the medians of a cell's ith event over its repetitions.
func stormRow(c metric.Cell, i int, columns []stormColumn) (row StormRow, first *result.Storm, ok bool) {
	row.Cell = c
	values, bounded := make([][]float64, len(columns)), make([]string, len(columns))
	for _, r := range c.Repetitions {
		if i >= len(r.Storms) {
			continue
		}
		s := &r.Storms[i]
		if first == nil {
			first, row.Course, row.Cut = s, s.Slots, s.Cut
		}
		for k, col := range columns {
			v := col.value(r, s)
			if math.IsNaN(v) {
				continue
			}
			values[k] = append(values[k], v)
			if col.percentile > 0 && r.IsUpperBound(result.TimeMetric(col.percentile)) {
				bounded[k] = result.AtMost
			}
		}
	}
	for k, col := range columns {
		text := col.format(stats.Median(values[k]))
		if text != result.Unknown {
			text = bounded[k] + text
		}
		row.Values = append(row.Values, text)
	}
	return row, first, first != nil
}

func stormCaption(s *result.Storm, c result.Config) string {
	event := s.Event
	if event == "" {
		event = "streams ended by the server"
	}
	if r := s.Restart; r != nil {
		event += fmt.Sprintf(" (the server was away for %s)", result.Duration(float64(r.Down)))
	}
	caption := fmt.Sprintf("%s at %s", event, result.Duration(float64(s.At)))
	if c.HasPolicy() {
		caption += ", reconnect " + c.Reconnect.Policy
	}
	return caption
}
