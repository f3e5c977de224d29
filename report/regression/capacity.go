package regression

import (
	"fmt"
	"math"
	"slices"

	"rtbench/report/capacity"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// Capacity is the name of the metric that CompareCapacity judges.
const Capacity = "capacity"

// CompareCapacity compares the capacities that two searches with the same plan found. floor and level are as
// in Gate; Holm's correction is over the capacities that were searched. interleaved says that the steps of
// the searches took turns.
func CompareCapacity(base, head *result.Result, floor, level float64, interleaved bool) Comparison {
	c := Comparison{Interleaved: interleaved, Level: level, Objective: base.Search.Objective}
	bases, heads := capacity.Subjects(base), capacity.Subjects(head)
	var es []stats.Evidence
	var floors []float64
	for _, b := range bases {
		i := slices.IndexFunc(heads, func(h *capacity.Subject) bool { return h.Name == b.Name })
		if i < 0 {
			c.NotCompared = append(c.NotCompared, NotCompared{b.Name, baseOnly})
			continue
		}
		c.Lines = append(c.Lines, Line{
			Cell: b.Name, Metric: Capacity, Unit: unitOfLoad(base.Search.Axis),
			Base: capacityOf(b.Answer), Head: capacityOf(heads[i].Answer),
		})
		es, floors = append(es, capacity.Compare(base, head, b.Name, floor, level)), append(floors, floor)
		c.Warnings = append(c.Warnings, append(boundOf("base", b), boundOf("head", heads[i])...)...)
	}
	stats.Adjust(es, floors, level)
	for i := range c.Lines {
		c.Lines[i].judge(es[i], floor)
	}
	if c.Outcome = stats.Overall(es); len(c.NotCompared) > 0 && c.Outcome == stats.Pass {
		c.Outcome = stats.Inconclusive
	}
	if !interleaved {
		c.Warnings = append(c.Warnings, notInterleaved)
	}
	return c
}

// capacityOf returns a capacity, or its bound.
func capacityOf(a capacity.Answer) result.Number {
	switch a.Kind {
	case capacity.Found:
		return result.Number(a.Interval.At)
	case capacity.AtLeast:
		return result.Number(a.Interval.Low)
	case capacity.Below:
		return result.Number(a.Interval.High)
	}
	return result.Number(math.NaN())
}

// boundOf says that only a bound of a capacity is known.
func boundOf(side string, s *capacity.Subject) []string {
	switch s.Answer.Kind {
	case capacity.AtLeast:
		return []string{fmt.Sprintf("the capacity of %s, %s, is at least the value in the table", side, s.Name)}
	case capacity.Below:
		return []string{fmt.Sprintf("the capacity of %s, %s, is below the value in the table", side, s.Name)}
	}
	return nil
}

// unitOfLoad returns the unit of a load on an axis, in a Line.
func unitOfLoad(axis string) string {
	switch axis {
	case "load.rate":
		return "/s"
	case "payload.size":
		return "B"
	}
	return ""
}
