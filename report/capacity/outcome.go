package capacity

import (
	"slices"

	"rtbench/report/result"
)

// OutcomeOf returns the outcome of a repetition of a search, measured on a machine. It misses the objective
// if a threshold fails, or if the server failed as a whole, unless the generator or its machine was at its
// limit. If agents ran it, on are not their machines, and each of them has said so itself.
func OutcomeOf(r *result.Repetition, on result.Environment) Outcome {
	o := outcomeOf(r)
	switch {
	case r.Lost() != "":
		return Unusable
	case o == Missed && generatorLimit(r, on) != "":
		return Limited
	}
	return o
}

// generatorLimit returns why a generator or its machine was at its limit; empty if none was.
func generatorLimit(r *result.Repetition, on result.Environment) string {
	if len(r.Agents) > 0 {
		return r.AgentLimit()
	}
	return r.MachineLimit(on.UsableCores())
}

func outcomeOf(r *result.Repetition) Outcome {
	failed := slices.ContainsFunc(r.Thresholds, func(o result.Outcome) bool { return !o.Holds && !o.Unknown })
	unknown := slices.ContainsFunc(r.Thresholds, func(o result.Outcome) bool { return !o.Holds && o.Unknown })
	limited := r.Validity.Has(result.Limited) || r.Validity.Has(result.NotGenerated)
	switch {
	case r.Aborted != "": // the objective could not be met any more
		return Missed
	case r.Error != "" && r.Counters.Due == 0 && r.Counters.Unopened == 0: // nothing was tried
		return Unusable
	case r.Error != "":
		return Missed
	case r.Validity.Discarded && r.Validity.Has(result.NotGenerated):
		if heldBack(r.Counters) {
			return Missed
		}
		return Limited
	case r.Validity.Discarded, failed:
		return Missed
	case unknown && limited:
		return Limited
	case unknown:
		return Unusable
	case behind(r) && 2*r.Counters.Waited > r.Counters.Due:
		return Missed
	case behind(r):
		return Limited
	}
	return Met
}

// behind reports whether half of the messages were sent so late that the load took longer than the step: an objective
// without times may be met by it, but not at this load.
func behind(r *result.Repetition) bool { return behindPart*r.Lag.Quantile(50) > r.Phases.Steady }

// behindPart is the smallest median lag that counts as behind, as a divisor of the step.
const behindPart = 20

// heldBack reports whether the server was the main reason why messages were not sent.
func heldBack(n result.Counters) bool { return n.Waited > n.NotAttempted }
