package capacity

import "slices"

// A Kind says how much is known of the capacity.
type Kind string

// The kinds.
const (
	// Found is a capacity with an interval.
	Found Kind = "found"
	// AtLeast says that the capacity is not below Low; it could not be found because of Why.
	AtLeast Kind = "at least"
	// Below says that the objective is missed even at High, the lowest load tried.
	Below Kind = "below"
	// Unknown says that nothing is known because of Why.
	Unknown Kind = "unknown"
)

// An Answer is the estimate of a capacity.
type Answer struct {
	Kind Kind
	// Interval holds the capacity: all of it if Found, Low if AtLeast, High if Below.
	Interval Interval
	// Ceiling is the lowest load that the generator could not generate or measure; +Inf if it was never
	// at its limit.
	Ceiling float64
	// Ended reports that the search ended by its rules, not because it was interrupted; Precise that the
	// interval is as narrow as planned.
	Ended, Precise bool
	// Odd are the loads at which the objective was mostly missed although a higher load meets it, or met
	// above the capacity: the response is not monotone.
	Odd []float64
}

// Answer estimates the capacity from the steps.
func (p Plan) Answer(steps []Step) Answer {
	f := p.read(steps)
	a := Answer{Kind: Unknown, Ceiling: f.ceiling, Ended: f.ended()}
	switch {
	case !f.met && !f.missed:
	case !f.met:
		a.Kind, a.Interval.High = Below, f.lowestMiss
	case !f.missed:
		a.Kind, a.Interval.Low = AtLeast, min(f.highestMet, f.ceiling)
	case f.mayExceed():
		a.Kind, a.Interval.Low = AtLeast, min(f.posterior.quantile(1-Confidence), f.ceiling)
	default:
		a.Kind, a.Interval, a.Precise = Found, f.interval, f.precise()
		a.Odd = oddLoads(steps, a.Interval)
	}
	return a
}

// oddLoads returns the loads that contradict a monotone response, each repeatedly and mostly.
func oddLoads(steps []Step, in Interval) (out []float64) {
	sorted := slices.SortedFunc(slices.Values(steps), byLoad)
	for _, s := range sorted {
		other := map[Outcome]Outcome{Met: Missed, Missed: Met}[s.Outcome]
		here := around(steps, s.At)
		if n := count(here, s.Outcome); !odd(s, in) || n < confirmations || n <= count(here, other) {
			continue
		}
		if len(out) == 0 || out[len(out)-1] < s.At {
			out = append(out, s.At)
		}
	}
	return out
}
