package scenarios

import (
	"time"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// checkWave reports a steady phase that ends within a period of a wave: its rate would not be the mean.
func (s *Scenario) checkWave(r *spec.Reader) {
	period := s.wavePeriod()
	if period == 0 || r.Bad("load.stages") || r.Bad("phases.steady") || s.Steady%period == 0 {
		return
	}
	at := "load.wave"
	if r.Has("phases.steady") {
		at = "phases.steady"
	}
	if period > spec.MaxDuration {
		r.At(at, ": the periods of the waves have no common multiple up to 24h; expected such as 1s, 2s and 4s")
		return
	}
	r.At(at, ": the steady phase of %v is not a whole number of periods of the wave (%v); expected a steady phase such as %v",
		s.Steady, period, s.wholePeriods(s.Steady))
}

// wavePeriod returns the shortest time that is a whole number of periods of each wave, also of groups,
// more than spec.MaxDuration if that is too long, and 0 without a wave.
func (s *Scenario) wavePeriod() (all time.Duration) {
	for _, part := range s.Parts() {
		for _, text := range values(part, "load.wave", part.Wave) {
			if p := (cell.Config{Wave: text}).WaveOn(0).Period; p > 0 && all <= spec.MaxDuration {
				all = commonMultiple(max(all, 1), p)
			}
		}
	}
	return all
}

// commonMultiple returns the least common multiple, or spec.MaxDuration + 1 if it is longer.
func commonMultiple(a, b time.Duration) time.Duration {
	x, y := a, b
	for y > 0 {
		x, y = y, x%y
	}
	if a /= x; a > spec.MaxDuration/b {
		return spec.MaxDuration + 1
	}
	return a * b
}

// wholePeriods rounds d up to a whole number of periods of each wave.
func (s *Scenario) wholePeriods(d time.Duration) time.Duration {
	if period := s.wavePeriod(); period > 0 {
		d += (period - d%period) % period
	}
	return d
}
