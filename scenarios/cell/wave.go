package cell

import (
	"strings"
	"time"

	"rtbench/proto/pace"
	"rtbench/scenarios/spec"
)

// noWave is the value of load.wave for a flat rate.
const noWave = "none"

var waveForms = []string{"bursts(100ms/1s) bursts burst bursty on-off onoff spikes", "sine(80%/10s) sine sin sinus cosine diurnal"}

var waveKind = spec.Kind[string]{
	Expected: "none, bursts(ON/PERIOD) such as bursts(100ms/1s), bursts(ON/PERIOD/REST) such as bursts(100ms/1s/50%), or sine(AMPLITUDE/PERIOD) such as sine(80%/10s)", Tag: "!!str",
	Allowed: []spec.Limits{{Enum: []string{noWave}}, {Type: "string", Pattern: `^(bursts\([0-9a-zµ.]+/[0-9a-zµ.]+(/[0-9]{1,2}%)?\)|sine\([0-9]{1,3}%/[0-9a-zµ.]+\))$`}},
	Parse: func(s string) (string, bool) {
		w, err := pace.ParseWave(s)
		return s, s == noWave || err == nil && w.Period > 0 && w.Start == 0
	},
	Hint: func(s string) string { return nearestForm(s, append([]string{noWave + " flat off"}, waveForms...)) },
}

func arrivalsKind() spec.Kind[string] {
	words := []string{"constant uniform fixed even steady regular", "poisson random exponential"}
	k := spec.OneOf(words...)
	k.Expected = "one of constant, poisson, gamma(cv=NUMBER) with a number from 0.1 to 10"
	k.Allowed = append(k.Allowed, spec.Limits{Type: "string", Pattern: `^gamma\(cv=[0-9]{1,2}(\.[0-9]{1,6})?\)$`})
	k.Parse = func(s string) (string, bool) {
		_, err := pace.ParseArrivals(s)
		return s, s != "" && s != string(pace.Replayed) && err == nil
	}
	k.Hint = func(s string) string {
		if strings.HasPrefix(s, "trace") {
			return "; did you mean `trace: FILE`?"
		}
		if wave := nearestForm(s, waveForms); wave != "" {
			return strings.Replace(wave, `"`, `"wave: `, 1)
		}
		return nearestForm(s, append(words, "gamma(cv=2) gamma gama clustered erlang"))
	}
	return k
}

// nearestForm suggests the form of a value by the word before its parameters.
func nearestForm(text string, forms []string) string {
	word, _, _ := strings.Cut(text, "(")
	return spec.Nearest(word, forms...)
}

// HasWave reports whether the rate rises and falls periodically in the steady phase.
func (c Config) HasWave() bool { return c.Wave != "" && c.Wave != noWave }

// WaveOn returns the wave of the rate, which begins at start.
func (c Config) WaveOn(start time.Duration) pace.Wave {
	if !c.HasWave() {
		return pace.Wave{}
	}
	w, _ := pace.ParseWave(c.Wave) // the key has checked it
	w.Start = start
	return w
}
