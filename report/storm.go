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

// A stormColumn is a value of a storm.
type stormColumn struct {
	head   string
	shown  stormView
	value  func(*result.Repetition, *result.Storm) float64
	format func(float64) string
	// percentile is that of a time of messages, which is judged as those of the whole phase are; else 0.
	percentile float64
	// briefHead is the heading on the first screen, if it is shorter.
	briefHead string
}

// A stormView is a set of columns.
type stormView uint8

const (
	cutBriefly stormView = 1 << iota // on the first screen, for streams that came back
	stayed                           // for groups whose streams stayed
	inFull
	partitionBriefly // on the first screen, for streams that a partition of the network held up
	partitionInFull
)

var stormColumns = []stormColumn{
	{"ended", partitionBriefly | partitionInFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.Cut) }, whole, 0, ""},
	{"50 % served", partitionBriefly | partitionInFull, untilServed(50), result.Duration, 0, ""},
	{"99 % served", partitionBriefly | partitionInFull, untilServed(99), result.Duration, 0, ""},
	{"100 % served", partitionBriefly | partitionInFull, untilServed(100), result.Duration, 0, ""},
	{"delayed", partitionBriefly | partitionInFull, delayed, whole, 0, ""},
	{"cut", cutBriefly | inFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.Cut) }, whole, 0, ""},
	{"50 % back", cutBriefly | inFull, untilBack(50), result.Duration, 0, ""},
	{"99 % back", cutBriefly | inFull, untilBack(99), result.Duration, 0, ""},
	{"100 % back", cutBriefly | inFull | partitionInFull, untilBack(100), result.Duration, 0, ""},
	{"attempts", inFull | partitionInFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.Attempts) }, whole, 0, ""},
	{"refused", cutBriefly | inFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.RefusedCount()) }, whole, 0, ""},
	{"peak/s", cutBriefly | inFull, func(_ *result.Repetition, s *result.Storm) float64 { return s.PeakAttempts() }, whole, 0, ""},
	{"missed", cutBriefly | inFull | partitionBriefly | partitionInFull, missed, whole, 0, ""},
	{"duplicated", inFull | partitionBriefly | partitionInFull, func(r *result.Repetition, _ *result.Storm) float64 { return float64(r.Counters.Duplicates) }, whole, 0, ""},
	{"gave up", inFull | partitionInFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.GaveUp) }, whole, 0, ""},
	{"server cores", stayed | inFull | partitionInFull, func(r *result.Repetition, s *result.Storm) float64 { return r.Course(s).ServerCores }, twoDigits, 0, "cores"},
	{"server memory", stayed | inFull | partitionInFull, func(r *result.Repetition, s *result.Storm) float64 { return r.Course(s).ServerMemory }, result.Bytes, 0, "memory"},
	courseTime(50, "p50 before", true), courseTime(50, "p50 during", false),
	courseTime(99, "p99 before", true), courseTime(99, "p99 during", false),
}

// columnsIn returns the columns of a view.
func columnsIn(v stormView) (list []stormColumn) {
	for _, c := range stormColumns {
		if c.shown&v != 0 {
			list = append(list, c)
		}
	}
	return list
}

func untilBack(percent float64) func(*result.Repetition, *result.Storm) float64 {
	return func(_ *result.Repetition, s *result.Storm) float64 { return result.Nanoseconds(s.Until(percent)) }
}

// untilServed returns the time from the end of a partition until a share of the streams was served again.
func untilServed(percent float64) func(*result.Repetition, *result.Storm) float64 {
	return func(_ *result.Repetition, s *result.Storm) float64 {
		if s.Partition == nil {
			return math.NaN()
		}
		return result.Nanoseconds(s.Partition.Until(percent))
	}
}

func delayed(_ *result.Repetition, s *result.Storm) float64 {
	if s.Partition == nil || s.Partition.Unknown {
		return math.NaN()
	}
	return float64(s.Partition.Delayed)
}

// courseTime returns a percentile of the times of messages received before the event, or until all were back.
func courseTime(p float64, head string, before bool) stormColumn {
	return stormColumn{head, stayed | inFull | partitionInFull, func(r *result.Repetition, s *result.Storm) float64 {
		times := r.Course(s).During
		if before {
			times = r.Course(s).Before
		}
		name, all := result.TimeMetric(p), max(1, r.Response.Count())
		enough := times.Count()*r.Independent(p)/all >= result.SamplesFor(p)
		if !enough || !r.Usable(name) && !r.IsUpperBound(name) {
			return math.NaN()
		}
		return float64(times.Quantile(p))
	}, result.Duration, p, ""}
}

func missed(r *result.Repetition, _ *result.Storm) float64 {
	if r.Missed.Unknown {
		return math.NaN()
	}
	return float64(r.Missed.Count())
}

// whole formats a count.
func whole(v float64) string {
	if math.IsNaN(v) {
		return result.Unknown
	}
	return fmt.Sprintf("%.0f", v)
}

func twoDigits(v float64) string {
	if math.IsNaN(v) {
		return result.Unknown
	}
	return fmt.Sprintf("%.2f", v)
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

// mostColumns is the width of a course as text.
const mostColumns = 50

// course draws the attempts in equal parts of the time from the event until the last stream was back, and the
// share of the streams that were back by then; empty without streams that came back.
func (r StormRow) course() string {
	slots, each := result.Shrink(r.Course, mostColumns)
	if r.Cut == 0 || len(slots) == 0 {
		return ""
	}
	var most, back uint64
	for _, s := range slots {
		most = max(most, s.Attempts)
	}
	var attempts, share strings.Builder
	for _, s := range slots {
		back += s.Back
		if s.Attempts == 0 {
			attempts.WriteByte(' ')
		} else {
			attempts.WriteRune(spark(float64(s.Attempts) / float64(most)))
		}
		share.WriteRune(spark(float64(back) / float64(r.Cut)))
	}
	return fmt.Sprintf("attempts │%s│ back │%s│ %v a column", attempts.String(), share.String(), each)
}

// The columns that a narrow terminal leaves out, the first of them first: of partitions, and of other events.
var (
	leastInPartition = []int{7, 2, 3, 1, 6}
	leastInStorm     = []int{2, 6, 1, 5, 3}
)

// storms prints the events of a group.
func (p *printer) storms(g *Group, v stormView) {
	for _, s := range g.stormTables(v) {
		t := newTable(append([]string{"protocol"}, s.Heads...)...)
		var courses []string
		for _, r := range s.Rows {
			t.add(append([]string{r.Cell.Config.Protocol}, r.Values...)...)
			if text := r.course(); text != "" {
				courses = append(courses, r.Cell.Config.Protocol+": "+text)
			}
		}
		if v != inFull {
			of, least := "", leastInStorm
			switch {
			case slices.Contains(s.Heads, "cores"):
				of = "; cores and memory of the server"
			case slices.Contains(s.Heads, "delayed"):
				least = leastInPartition
			}
			p.paragraph("    ", "  "+strings.ToUpper(s.Caption[:1])+s.Caption[1:]+of+":")
			p.printf("%s", t.within(p.width, least...).text())
			for _, line := range s.Ends {
				p.paragraph("    ", "  ! "+line)
			}
			continue
		}
		p.table(s.Caption, t)
		p.list("! ", s.Ends)
		p.list("", courses)
	}
}
