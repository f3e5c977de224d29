package loadgen

// Indexes of a repetition's phases.
const (
	phaseConnect = iota
	phaseWarmup
	phaseSteady
	phaseDrain
	phaseCount
)

// phaseOfEnd returns the phase to which a stream's end counts. A stream that ends in the warm-up
// and is not reopened is missing in the steady phase.
func (r *repetition) phaseOfEnd() int32 {
	phase := r.phase.Load()
	if phase == phaseWarmup && r.policy != countAndReopen {
		return phaseSteady
	}
	return phase
}

// phaseOf returns the phase of a message due at due, or the current phase if due is 0 (unknown).
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
