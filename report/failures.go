package report

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/report/result"
)

// Lengths of examples on a terminal and on pages that wrap lines.
const (
	terminalExample = 100
	PageExample     = 400
)

// FailureLines describes the failures of a cell, with examples of up to the given length: a line of
// counts, and one for each class of failures. It is empty if there are none.
func FailureLines(c *result.Cell, example int) []string {
	all := unplanned(c)
	var lines []string
	if parts := append(countFailures(all, failedRateUsable(c)), otherPhaseFailures(c)...); len(parts) > 0 {
		lines = append(lines, strings.Join(parts, ", "))
	}
	for _, t := range result.Failures(all...) {
		lines = append(lines, t.Text(example))
	}
	for i, line := range lines {
		lines[i] = c.Config.Protocol + ": " + line
	}
	return lines
}

// unplanned returns the counters of each repetition of a cell without what its scenario brings about.
func unplanned(c *result.Cell) []result.Counters {
	all := make([]result.Counters, len(c.Repetitions))
	for i, r := range c.Repetitions {
		all[i] = r.Unplanned(c.Config)
	}
	return all
}

func failedRateUsable(c *result.Cell) bool {
	return !slices.ContainsFunc(c.Repetitions, func(r *result.Repetition) bool {
		return slices.Contains(r.Validity.Unusable, result.FailedRateMetric)
	})
}

// countFailures lists the counts without an error class. withRate adds the share of failed
// messages.
func countFailures(all []result.Counters, withRate bool) []string {
	sum := result.Sum(all...)
	var parts []string
	lost := sum.Lost
	if sum.Failed > 0 {
		parts, lost = append(parts, describeFailed(sum, withRate)), 0
	}
	return append(parts, nonZero([]count{
		{lost, "lost"},
		{sum.Duplicates, "duplicated"},
		{sum.OutOfOrder, "out of order"},
		{sum.Corrupt, "corrupt"},
		{sum.Dropped, "dropped by full queues"},
		{sum.Clamped, "outside the histogram"},
		{sum.Unopened, "streams never opened"},
		{sum.Reopened, "streams reopened"},
	})...)
}

// A count is a number of messages or streams with their fate.
type count struct {
	n    uint64
	fate string
}

func nonZero(list []count) []string {
	var parts []string
	for _, e := range list {
		if e.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", e.n, e.fate))
		}
	}
	return parts
}

// describeFailed breaks down the failed messages by cause.
func describeFailed(n result.Counters, withRate bool) string {
	parts := nonZero([]count{{n.NotSent, "not sent"}, {n.Lost, "lost"}, {n.ErrorReplies, "answered by an error or not as expected"}})
	noun := "messages"
	if n.Published > 0 {
		noun = fmt.Sprintf("deliveries (of %s published)", result.Plural(n.Published, "message"))
	}
	share := ""
	if withRate {
		share = fmt.Sprintf(" (%.3g %%)", 100*n.FailedRate())
	}
	return fmt.Sprintf("%d of %d %s failed%s: %s", n.Failed, n.Due, noun, share, strings.Join(parts, ", "))
}

// otherPhaseFailures lists failures outside the steady phase.
func otherPhaseFailures(c *result.Cell) []string {
	var parts []string
	var phases Grouped[string, result.Counters]
	for _, r := range c.Repetitions {
		for phase, n := range r.OtherPhases.All() {
			n := *n
			if r.Interrupted { // which left them unsent
				n.Failed, n.NotSent = n.Failed-min(n.Failed, n.NotSent), 0
			}
			phases.Add(phase, n)
		}
	}
	for _, phase := range []string{"connecting", "warm-up", "drain"} {
		all := phases.Of[phase]
		list := countFailures(all, true)
		for _, t := range result.Failures(all...) {
			list = append(list, fmt.Sprintf("%d × %s", t.Count, result.Printable(t.Class)))
		}
		if len(list) > 0 {
			parts = append(parts, fmt.Sprintf("%s (not in the results): %s", phase, strings.Join(list, ", ")))
		}
	}
	return parts
}
