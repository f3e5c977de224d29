package claims

import (
	"strings"

	"rtbench/report/result"
)

// An expectation is an observation that a cell is confirmed by.
type expectation struct {
	id string
	// holds says whether the value is as the guide has it.
	holds func(value float64) bool
	// optional says that the cell can be judged without it.
	optional bool
}

func yes(id string) expectation {
	return expectation{id: id, holds: func(v float64) bool { return v == 1 }}
}

func no(id string) expectation {
	return expectation{id: id, holds: func(v float64) bool { return v == 0 }}
}

func is(id string, want float64) expectation {
	return expectation{id: id, holds: func(v float64) bool { return v == want }}
}

func positive(id string) expectation {
	return expectation{id: id, holds: func(v float64) bool { return v > 0 }}
}

// missingObservation says that an observation is not there, and why where that is known.
func missingObservation(id string, e *result.Evidence) string {
	probe, _, _ := strings.Cut(id, "/")
	if p := e.Probes[probe]; p != nil && p.Error != "" {
		return "not seen: " + id + ", as the probe ended before its end: " + p.Error
	}
	return "not seen: " + id
}

// optional makes an expectation one that a cell can be judged without, as where there
// is no browser.
func optional(e expectation) expectation {
	e.optional = true
	return e
}

// byObservations judges by observations: all as expected confirm a cell, one that is not
// refutes it. What is shown besides decides nothing.
func byObservations(expected []expectation, shown ...string) func(*Cell, *result.Evidence) finding {
	return func(_ *Cell, e *result.Evidence) finding {
		f := finding{verdict: Confirmed}
		for _, want := range expected {
			o, known := e.Observation(want.id)
			switch {
			case !known && want.optional:
				continue
			case !known:
				return finding{NotTestable, append(f.seen, missingObservation(want.id, e))}
			case !want.holds(o.Value):
				f.verdict = Refuted
			}
			f.seen = append(f.seen, o.Seen)
		}
		for _, id := range shown {
			if o, known := e.Observation(id); known {
				f.seen = append(f.seen, o.Seen)
			}
		}
		return f
	}
}
