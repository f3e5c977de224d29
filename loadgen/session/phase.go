package session

// A Phase is a part of a run to which events count.
type Phase int32

// The phases.
const (
	Connect Phase = iota
	Warmup
	Steady
	Drain
	phaseCount
)

// SetPhase sets the current phase.
func (v *Events) SetPhase(p Phase) { v.phase.Store(int32(p)) }

// now returns the events of the current phase.
func (v *Events) now() *phaseEvents { return &v.phases[v.phase.Load()] }

// ofEnd returns the events of the phase to which a stream's end counts. A stream that ends in the
// warm-up and is not reopened is missing in the steady phase.
func (v *Events) ofEnd() *phaseEvents {
	if phase := Phase(v.phase.Load()); phase != Warmup || v.reopens {
		return &v.phases[phase]
	}
	return &v.phases[Steady]
}

// due returns the events of the phase in which a message was due, or of the current phase if due is
// 0 (unknown).
func (v *Events) due(due int64) *phaseEvents {
	switch {
	case due == 0:
		return v.now()
	case due < v.window.From:
		return &v.phases[Warmup]
	case due < v.window.To:
		return &v.phases[Steady]
	}
	return &v.phases[Drain]
}
