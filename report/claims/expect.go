package claims

import (
	"slices"
	"strings"

	"rtbench/report/result"
)

// An expectation is an observation that supports a cell.
type expectation struct {
	id string
	// holds reports whether the value agrees with the guide.
	holds func(value float64) bool
	// optional reports that the cell can be judged without it.
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

// missingObservation describes a missing observation, with the reason if known.
func missingObservation(id string, e *result.Evidence) string {
	probe, _, _ := strings.Cut(id, "/")
	if p := e.Probes[probe]; p != nil && p.Error != "" {
		return "not observed: " + id + ", because the probe ended early: " + p.Error
	}
	return "not observed: " + id
}

// optional returns the expectation as an optional one, for example because there may be no browser.
func optional(e expectation) expectation {
	e.optional = true
	return e
}

// byObservations returns a judge that confirms a cell if all observations are as expected, and
// refutes it otherwise. The observations against it come first. Those in shown are reported, not judged.
func byObservations(expected []expectation, shown ...string) judge {
	return func(e *result.Evidence, _ Situation) finding {
		f := finding{verdict: Confirmed}
		var against []string
		for _, want := range expected {
			o, known := e.Observation(want.id)
			switch {
			case !known && want.optional:
				continue
			case !known:
				return finding{verdict: NotTestable, seen: slices.Concat(against, f.seen, []string{missingObservation(want.id, e)})}
			case want.holds(o.Value):
				f.seen = append(f.seen, o.Seen)
			default:
				f.verdict, against = Refuted, append(against, o.Seen)
			}
		}
		f.seen = slices.Concat(against, f.seen)
		for _, id := range shown {
			if o, known := e.Observation(id); known {
				f.seen = append(f.seen, o.Seen)
			}
		}
		return f
	}
}
