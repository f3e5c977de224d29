package loadgen

import (
	"fmt"
	"slices"
	"time"

	"rtbench/loadgen/session"
	"rtbench/proto/record"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// recoveryOf describes the recovery of a group's server from an overload. objective are the conditions that
// the times after it must meet.
func recoveryOf(g *session.Group, objective []scenarios.Threshold, n result.Counters) *result.Recovery {
	c := g.Course
	due, answered := c.Due(0, c.Mark())
	queued, unsent := c.Queued()
	r := &result.Recovery{
		Due: due, Unanswered: due - min(due, answered), Backlog: queued, HeldBack: min(unsent, n.Waited),
		Watched: time.Duration(c.Slots()-c.Mark()) * c.Slot(),
	}
	r.Late = unsent - r.HeldBack
	backlog := c.Backlog()
	r.Drained = drained(c, backlog)
	r.Met, r.Unknown = metAgain(c, objective, g.Cell.Overload.Window)
	r.Course = courseOf(backlog, c.Slot())
	return r
}

// drained returns when the backlog fell to its usual size after the mark: its median in the last quarter of the
// course, or one message. It returns nil if the backlog was still there at the end.
func drained(c *record.Course, backlog []uint64) *time.Duration {
	first := max(0, c.Mark()-1) // its end is the mark
	last := slices.Sorted(slices.Values(backlog[c.Slots()-max(1, (c.Slots()-c.Mark())/4) : c.Slots()]))
	usual := max(1, last[len(last)/2])
	if backlog[first] > usual && usual > max(1, backlog[first]/10) {
		return nil
	}
	for i := first; i < c.Slots(); i++ {
		if backlog[i] <= usual {
			d := time.Duration(i+1-c.Mark()) * c.Slot()
			return &d
		}
	}
	return nil
}

// mostParts bounds the number of windows that are evaluated.
const mostParts = 1000

// metAgain returns from when on the objective was met: the first window of that length in which it was, if it was
// also in three quarters of the windows that begin later. It returns nil if there is none, and the reason if that
// depends on windows that cannot be evaluated.
func metAgain(c *record.Course, objective []scenarios.Threshold, window time.Duration) (at *time.Duration, unknown string) {
	length := int((window + c.Slot() - 1) / c.Slot())
	step := 1 + (c.Slots()-c.Mark())/mostParts
	var met, mayBeMet []bool
	for i := c.Mark(); i+length <= c.Slots(); i += step {
		holds, err := meets(c, i, i+length, objective)
		if err != nil {
			unknown = err.Error()
		}
		met, mayBeMet = append(met, holds), append(mayBeMet, holds || err != nil)
	}
	if len(met) == 0 {
		return nil, fmt.Sprintf("no window of %v fits into the time after the overload", window)
	}
	if i := firstMet(met); i >= 0 {
		d := time.Duration(i*step) * c.Slot()
		return &d, ""
	}
	if firstMet(mayBeMet) < 0 {
		return nil, ""
	}
	return nil, unknown
}

// firstMet returns the first window that is met, as are three quarters of it and those that follow; -1 if there is
// none.
func firstMet(met []bool) int {
	first, count := -1, 0
	for i := len(met) - 1; i >= 0; i-- {
		if !met[i] {
			continue
		}
		if count++; 4*count >= 3*(len(met)-i) {
			first = i
		}
	}
	return first
}

// meets reports whether the messages due in slots [from, to) meet the objective.
func meets(c *record.Course, from, to int, objective []scenarios.Threshold) (bool, error) {
	due, answered := c.Due(from, to)
	failed := due - min(due, answered)
	values := metric.Live(metric.Times{Response: result.Wrap(c.Response(from, to))}, due, failed, failed)
	for _, t := range objective {
		if holds, _, err := t.Evaluate(values, nil); err != nil || !holds {
			return false, err
		}
	}
	return true, nil
}

// coursePoints is the largest number of points of a course in a result.
const coursePoints = 240

// courseOf keeps every few values, each of the end of a slot.
func courseOf(values []uint64, slot time.Duration) (c result.BacklogCourse) {
	every := (len(values) + coursePoints - 1) / coursePoints
	c.Every = time.Duration(every) * slot
	for i := every - 1; i < len(values); i += every {
		c.Messages = append(c.Messages, values[i])
	}
	return c
}
