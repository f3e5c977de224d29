package loadgen

// The phases of a repetition, as indexes.
const (
	phaseConnect = iota
	phaseWarmup
	phaseSteady
	phaseDrain
	phaseCount
)

// phaseOfEnd is the phase in which a stream that ends now counts as ended: one that ends in
// the warm-up and is not opened anew is missing in the steady phase.
func (r *repetition) phaseOfEnd() int32 {
	phase := r.phase.Load()
	if phase == phaseWarmup && (!r.job.custom() || !r.job.scenario.Custom.Reconnect) {
		return phaseSteady
	}
	return phase
}

// phaseOf is the phase of a message that was due at due; where that is not known (0), the
// phase that it is now.
func (r *repetition) phaseOf(due int64) int32 {
	switch {
	case due == 0:
		return r.phase.Load()
	case due < r.from:
		return phaseWarmup
	case due < r.to:
		return phaseSteady
	}
	return phaseDrain
}
