package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"rtbench/report/capacity"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// Recoveries shows how the servers of a search recovered from overloads.
type Recoveries struct {
	Caption string
	Heads   []string // of the values
	Rows    []RecoveryRow
}

// A RecoveryRow is that of a subject.
type RecoveryRow struct {
	Name, Protocol string
	Values         []string
	// Course is the backlog in the repetition with the median backlog, from the beginning of the overload, which
	// lasted for Overload.
	Course   result.BacklogCourse
	Overload time.Duration
}

// RecoveriesOf returns the recoveries of a search; without rows if it has none.
func RecoveriesOf(r *result.Result) (v Recoveries) {
	if r.Search == nil || r.Search.Recover == nil {
		return v
	}
	s, plan := searchOf(r), r.Search.Recover
	var runs []int
	for _, subject := range s.subjects {
		recovery := subject.Recovery(r.Search)
		if n := len(recovery.Runs); n > 0 {
			v.Rows = append(v.Rows, recoveryRow(subject, recovery))
			runs = append(runs, n)
		}
	}
	v.Heads = []string{"backlog", "gone after", "objective met after"}
	v.Caption = fmt.Sprintf("After %s at %g × the capacity, back at %g ×: %s", v.lengths(plan.For), plan.Factor, plan.Below, medians(runs))
	return v
}

// lengths returns the length of the overloads: as planned, or the shortest and the longest if some had so many messages
// that they were shortened.
func (v Recoveries) lengths(planned time.Duration) string {
	shortest, longest := planned, time.Duration(0)
	for _, row := range v.Rows {
		shortest, longest = min(shortest, row.Overload), max(longest, row.Overload)
	}
	if shortest == longest || len(v.Rows) == 0 {
		return shortest.Round(time.Millisecond).String()
	}
	return fmt.Sprintf("%v to %v", shortest.Round(time.Millisecond), longest.Round(time.Millisecond))
}

// medians names the values of rows, each of a number of repetitions.
func medians(runs []int) string {
	if len(runs) == 0 {
		return "no repetition"
	}
	enough := stats.ValuesFor(capacity.Confidence)
	least, most := slices.Min(runs), slices.Max(runs)
	number := fmt.Sprint(most)
	if least < most {
		number = fmt.Sprintf("%d to %d", least, most)
	}
	switch {
	case most == 1:
		return "one repetition"
	case most < enough:
		return fmt.Sprintf("medians of %s repetitions (range)", number)
	case least < enough:
		return fmt.Sprintf("medians of %s repetitions (95 %% interval; range of fewer than %d)", number, enough)
	}
	return fmt.Sprintf("medians of %s repetitions (95 %% interval)", number)
}

func recoveryRow(subject *capacity.Subject, r *capacity.Recovery) RecoveryRow {
	row := RecoveryRow{Name: subject.Name, Protocol: subject.Points[0].Config.Protocol, Overload: r.Overload}
	row.Values = []string{
		spread(r.Backlog, wholeCount),
		spread(r.Drained, func(ns float64) string { return within(ns, r.Watched) }),
		spread(r.Met, func(ns float64) string { return within(ns, r.Watched) }),
	}
	runs := slices.SortedFunc(slices.Values(r.Runs), func(a, b *result.Repetition) int { return cmp.Compare(a.Recovery.Backlog, b.Recovery.Backlog) })
	row.Course = runs[len(runs)/2].Recovery.Course
	return row
}

// spread formats a median with its interval, if there is one.
func spread(in stats.Interval, format func(float64) string) string {
	low, high := format(in.Low), format(in.High)
	switch {
	case in.N < 2 || low == high:
		return format(in.Median)
	case math.IsInf(in.High, 1):
		return fmt.Sprintf("%s (%s%s)", format(in.Median), result.AtLeast, low)
	}
	if from, unit, _ := strings.Cut(low, " "); unit != "" && strings.HasSuffix(high, " "+unit) { // say it once
		low = from
	}
	return fmt.Sprintf("%s (%s–%s)", format(in.Median), low, high)
}

// wholeCount formats a number of messages, which may be between two.
func wholeCount(n float64) string {
	if n < 100 {
		return fmt.Sprintf("%.0f", n)
	}
	return result.Count(n)
}

// within formats a time after an overload.
func within(ns float64, watched time.Duration) string {
	switch {
	case math.IsInf(ns, 1):
		return ">" + result.Duration(float64(watched))
	case ns == 0:
		return "0 s"
	}
	return result.Duration(ns)
}

// recoveryNotes say how the server behaved, and which repetitions do not count.
func recoveryNotes(name string, r *capacity.Recovery) (out []string) {
	switch {
	case r == nil:
		return nil
	case r.Limited > 0:
		out = append(out, fmt.Sprintf("%s: rtbench was at its own limit in %s with an overload (left out): %s.", name, result.Plural(r.Limited, "repetition"), r.Why))
	case len(r.Runs) == 0 && r.Why != "":
		out = append(out, fmt.Sprintf("%s: no overload was tried: %s.", name, r.Why))
	}
	if r.Failed > 0 {
		out = append(out, fmt.Sprintf("%s: the server failed in %s with an overload: %s.", name, result.Plural(r.Failed, "repetition"), r.Failure))
	}
	if len(r.Runs) == 0 {
		return out
	}
	for _, rep := range r.Runs {
		if why := rep.Recovery.Unknown; why != "" {
			return append(out, fmt.Sprintf("%s: %s. When the objective was met again is unknown: %s.", name, behavior(r), why))
		}
	}
	return append(out, name+": "+behavior(r)+".")
}

// behavior says what the server did with the messages that it could not answer in time.
func behavior(r *capacity.Recovery) string {
	sum := func(of func(*result.Repetition) uint64) float64 { return float64(r.Sum(of)) }
	due := sum(func(r *result.Repetition) uint64 { return r.Counters.Due })
	backlog := sum(func(r *result.Repetition) uint64 { return r.Recovery.Backlog })
	var parts []string
	if backlog > 0 {
		text := "the server answered the backlog later"
		if held := sum(func(r *result.Repetition) uint64 { return r.Recovery.HeldBack }); 100*held > backlog {
			text += fmt.Sprintf(", and did not accept %.0f %% of it before the end of the overload", 100*held/backlog)
		}
		parts = append(parts, text)
	}
	for _, e := range []struct {
		n    float64
		fate string
	}{
		{sum(func(r *result.Repetition) uint64 { return r.Counters.ErrorReplies }), "refused"},
		{sum(func(r *result.Repetition) uint64 { return r.Counters.Lost }), "never answered"},
		{sum(func(r *result.Repetition) uint64 { return r.Counters.NotSent }), "never sent, since it did not accept them or closed the stream"},
	} {
		if e.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %% of all messages were %s", result.ThreeDigits(100*e.n/due), e.fate))
		}
	}
	if n := sum(func(r *result.Repetition) uint64 { return r.Counters.EndedCount() }); n > 0 {
		parts = append(parts, result.Plural(uint64(n), "stream")+" ended")
	}
	if len(parts) == 0 {
		return "the overload left no backlog"
	}
	return strings.Join(parts, "; ")
}

// table returns the rows as a table. As many columns are left out as the width has no room for.
func (v Recoveries) table(width int) *table {
	t := &table{}
	t.add(append([]string{""}, v.Heads...)...)
	for i, row := range v.Rows {
		t.add(append([]string{string(markOf(i)) + " " + row.Name}, row.Values...)...)
	}
	if t.width() > width { // medians only
		for _, row := range t.rows[1:] {
			for i := range row {
				row[i], _, _ = strings.Cut(row[i], " (")
			}
		}
	}
	return t
}

// recoveries prints how servers recovered from overloads.
func (p *printer) recoveries(r *result.Result, width int) {
	v := RecoveriesOf(r)
	switch {
	case len(v.Rows) == 0:
	case p.markdown:
		p.table(v.Caption, v.table(width))
	default:
		p.printf("\n")
		p.paragraph("  ", v.Caption+".")
		p.table("", v.table(width))
	}
}
