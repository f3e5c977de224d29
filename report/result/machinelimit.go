package result

import (
	"fmt"
	"slices"
	"time"
)

// MachineLimit returns why something else took so much of the generator's machine, which has so many cores,
// that a missed objective says nothing about the server; empty if nothing did.
func (r *Repetition) MachineLimit(cores float64) string {
	steady, taken := r.Phases.Steady, r.Machine.Throttled+r.Machine.Steal
	switch {
	case steady <= 0:
		return ""
	case 20*r.ClientPauses.Total > steady: // a twentieth of the time of the generator
		return fmt.Sprintf("the generator paused for up to %v", r.ClientPauses.Longest.Round(time.Millisecond))
	case 10*taken > steady: // a tenth of that of a core
		return fmt.Sprintf("the hypervisor or a CPU quota took %.0f %% of a core", 100*taken.Seconds()/steady.Seconds())
	case r.coresTaken(cores):
		return fmt.Sprintf("other programs took the cores: threads waited for one %.0f %% of the time", 100*min(1, r.Machine.Pressure.Seconds()/steady.Seconds()))
	}
	return ""
}

// coresTaken reports whether other programs kept the cores busy: most of the time a thread waited for one,
// although the generator and the server used less than they have.
func (r *Repetition) coresTaken(cores float64) bool {
	const most = 0.6
	work := r.Client.CPU - r.Client.Spin
	if r.Server.Known {
		work += r.Server.CPU - r.Server.Spin
	}
	return 2*r.Machine.Pressure > r.Phases.Steady && work.Seconds() < most*cores*r.Phases.Steady.Seconds()
}

// UsableCores returns the number of cores that a process may use.
func (e Environment) UsableCores() float64 {
	if e.CoreLimit > 0 {
		return min(e.CoreLimit, float64(e.Cores))
	}
	return float64(e.Cores)
}

// limitKinds are the findings that a generator was at its limit.
var limitKinds = []FindingKind{Busy, CoresTaken, ReadSlowly}

// generatorLimit returns why the generator or its machine was at its limit; empty if neither was.
func (r *Repetition) generatorLimit(cores float64) string {
	if why := r.MachineLimit(cores); why != "" {
		return why
	}
	i := slices.IndexFunc(r.Validity.Findings, func(f Finding) bool { return slices.Contains(limitKinds, f.Kind) })
	if i < 0 {
		return ""
	}
	return r.Validity.Findings[i].Reason
}

// AgentLimit returns why one of the agents was at its limit; empty if none was.
func (r *Repetition) AgentLimit() string {
	for _, a := range r.Agents {
		if a.AtLimit != "" {
			return "agent " + a.Name + ": " + a.AtLimit
		}
	}
	return ""
}
