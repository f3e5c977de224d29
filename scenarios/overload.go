package scenarios

import (
	"time"

	"rtbench/scenarios/cell"
)

// Overloaded returns the scenario at a rate that an overload precedes. Then the steady phase lasts for after.
func (s *Scenario) Overloaded(a NumericAxis, rate float64, o cell.Overload, after time.Duration) *Scenario {
	at := s.At(a, rate)
	at.Overload = o
	at.Stages = []cell.Stage{{Over: o.For, To: o.Rate, Step: true}, {Over: after, To: rate, Step: true}}
	at.Steady = o.For + after
	return at
}
