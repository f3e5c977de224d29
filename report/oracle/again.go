package oracle

import (
	"slices"
	"strings"

	"rtbench/report/result"
)

// Repeatable returns the cases, with the floor first, and the protocols that have a time above its
// tolerance. It returns none if no time is. Noise of the machine only makes times longer, and rarely
// twice at the same place; an error of rtbench does so in every run. A time that is too short and a
// wrong count need no second run.
func Repeatable(r *result.Result) (cases []Case, protocols []string) {
	for _, e := range r.Oracle {
		if !tooLong(e) {
			continue
		}
		protocols = append(protocols, e.Protocol)
		for _, c := range Cases {
			if c.Name == e.Case {
				cases = append(cases, c)
			}
		}
	}
	if len(cases) == 0 {
		return nil, nil
	}
	cases = slices.CompactFunc(append([]Case{Cases[0]}, cases...), func(a, b Case) bool { return a.Name == b.Name })
	return cases, result.Unique(protocols)
}

// Confirm replaces the times of r that were too long by those of a second run, and keeps the first
// values beside them.
func Confirm(r, second *result.Result) {
	r.Interrupted = r.Interrupted || second.Interrupted
	for i, e := range r.Oracle {
		if !tooLong(e) {
			continue
		}
		for _, again := range second.Oracle {
			if again.Cell == e.Cell && again.Case == e.Case && again.Metric == e.Metric {
				again.First = e.Measured
				r.Oracle[i] = again
			}
		}
	}
}

// tooLong reports whether e is a time, or a number of late messages, above its tolerance.
func tooLong(e result.Expectation) bool {
	timed := e.Unit == Nanoseconds || strings.HasPrefix(e.Metric, "over ")
	return timed && !e.Within && e.Measured > e.Want
}
