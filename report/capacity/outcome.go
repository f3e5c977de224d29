package capacity

import (
	"slices"

	"rtbench/report/result"
)

// OutcomeOf returns the outcome of a repetition of a search, measured on a machine. It misses the objective
// if a threshold fails, or if the server failed as a whole, unless the generator or its machine was at its
// limit.
func OutcomeOf(r *result.Repetition, on result.Environment) Outcome {
	o := outcomeOf(r)
	if o == Missed && (machineAtLimit(r) || coresTaken(r, usableCores(on))) {
		return Limited
	}
	return o
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
	}
	return Met
}

// heldBack reports whether the server was the main reason why messages were not sent.
func heldBack(n result.Counters) bool { return n.Waited > n.NotAttempted }

// machineAtLimit reports whether something else took so much of the machine that a missed objective says
// nothing about the server: a twentieth of the time of the generator, or a tenth of that of a core.
func machineAtLimit(r *result.Repetition) bool {
	steady := r.Phases.Steady
	return steady > 0 && (20*r.ClientPauses.Total > steady || 10*(r.Machine.Throttled+r.Machine.Steal) > steady)
}

// coresTaken reports whether other programs kept the cores busy: most of the time a thread waited for one,
// although the generator and the server used less than they have.
func coresTaken(r *result.Repetition, cores float64) bool {
	const most = 0.6
	work := r.Client.CPU - r.Client.Spin
	if r.Server.Known {
		work += r.Server.CPU - r.Server.Spin
	}
	return 2*r.Machine.Pressure > r.Phases.Steady && work.Seconds() < most*cores*r.Phases.Steady.Seconds()
}
