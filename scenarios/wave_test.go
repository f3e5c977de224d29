package scenarios_test

import (
	"testing"
	"time"
)

// A wave needs a steady phase of whole periods; the error names the nearest longer one.
func TestWavesFillTheSteadyPhase(t *testing.T) {
	t.Parallel()
	const head = "{name: x, protocols: tcp, pattern: echo, "
	checkErrors(t, head, "}", map[string]string{
		"load: {rate: 1k/s, wave: bursts(100ms/1s)}":                                              "",
		"load: {rate: 1k/s, wave: [none, bursts(100ms/2s), sine(50%/3s)]}, phases: {steady: 12s}": "",
		"load: {rate: 1k/s, wave: sine(80%/2s)}":                                                  "load.wave: the steady phase of 5s is not a whole number of periods of the wave (2s); expected a steady phase such as 6s",
		"load: {rate: 1k/s, wave: [bursts(100ms/2s), sine(50%/3s)]}, phases: {steady: 8s}":        "phases.steady: the steady phase of 8s is not a whole number of periods of the wave (6s); expected a steady phase such as 12s",
		"load: {rate: 1k/s, wave: [bursts(1h/86399999999999ns), sine(50%/86399999999998ns)]}":     "no common multiple up to 24h",
		"load: {rate: 1k/s, wave: sine(50%/2s), stages: [{over: 3s, to: 2k/s}]}":                  "the steady phase of 3s is not",
		"load: {rate: 1k/s, wave: bursts(2s/1s)}":                                                 `found "bursts(2s/1s)"; expected none, bursts(ON/PERIOD)`,
		"load: {rate: 1k/s, wave: burst}":                                                         `did you mean "bursts(100ms/1s)"?`,
		"load: {rate: 1k/s, arrivals: bursts(1ms/1s)}":                                            `did you mean "wave: bursts(100ms/1s)"?`,
		"load: {rate: 1k/s, arrivals: gama}":                                                      `did you mean "gamma(cv=2)"?`,
		"load: {rate: 1k/s, arrivals: gamma(cv=20)}":                                              `expected one of constant, poisson, gamma(cv=NUMBER) with a number from 0.1 to 10`,
		"load: {model: closed, wave: sine(80%/1s)}":                                               "load.wave in a closed loop; expected `model: open` with it",
	})
}

// Shortened scenarios keep whole periods.
func TestShortenedWaves(t *testing.T) {
	t.Parallel()
	for wave, want := range map[string]time.Duration{"bursts(100ms/300ms)": 600 * time.Millisecond, "sine(80%/2s)": 2 * time.Second, "sine(80%/6s)": 6 * time.Second} {
		s := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, wave: "+wave+"}, phases: {steady: 6s}}")
		if s.Shorten(); s.Steady != want {
			t.Errorf("%s: steady phase of %v, want %v", wave, s.Steady, want)
		}
	}
	s := parse(t, `{name: x, protocols: tcp, phases: {steady: 6s}, groups: {a: {pattern: push, load: {rate: 1k/s}},
  b: {pattern: echo, load: {rate: 1k/s, wave: sine(80%/2s)}}, c: {deliver: {from: b}}}}`)
	if s.Shorten(); s.Steady != 2*time.Second || s.Cells()[2].Wave != "sine(80%/2s)" {
		t.Errorf("groups: steady phase of %v, want 2s; deliveries have wave %q", s.Steady, s.Cells()[2].Wave)
	}
}

// The peak of a wave is the peak of the load, and the number of messages stays.
func TestPeakOfAWave(t *testing.T) {
	t.Parallel()
	s := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1k/s, wave: [none, bursts(100ms/1s), sine(50%/5s)]}}")
	for i, peak := range []float64{1e3, 1e4, 1.5e3} {
		c := s.Cells()[i]
		if n, _ := c.SteadyMessages(); c.PeakRate() != peak || n != 5000 {
			t.Errorf("%s: peak %v/s, %v messages", c.ID(), c.PeakRate(), n)
		}
	}
	if id := s.Cells()[1].ID(); id != "echo/tcp/wave=bursts(100ms:1s)" {
		t.Error(id)
	}
}
