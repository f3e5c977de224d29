package cell

import (
	"math/rand/v2"
	"slices"
	"time"

	"rtbench/scenarios/spec"
)

// A Stage changes the rate to To (messages/s): linearly, or at once if it is a step.
type Stage struct {
	// Duration of the stage.
	Over time.Duration `json:"over_ns"`
	// Rate at the end of the stage.
	To float64 `json:"to"`
	// Step reports whether the rate is To from the beginning.
	Step bool `json:"step,omitempty"`
}

// From returns the rate at the beginning of the stage, after one that ended with the rate before.
func (s Stage) From(before float64) float64 {
	if s.Step {
		return s.To
	}
	return before
}

func stage(st *Stage) spec.Value {
	const both = "both over and to, such as {over: 10s, to: 50k/s}"
	return spec.Section(
		spec.Key{Name: "over", Also: "duration for time", Value: spec.One(&st.Over, spec.Duration(time.Millisecond)), Required: both, Doc: "Duration of the ramp."},
		spec.Key{Name: "to", Also: "target rate", Value: spec.One(&st.To, spec.Rate.Expecting(spec.Rate.Expected+", or 0/s for none")), Required: both, Doc: "Rate at the end of the ramp."},
	)
}

// Steps are rates that take turns, each for the same time. The zero value is none.
type Steps struct {
	Rates   []float64 // messages/s
	Each    time.Duration
	Shuffle bool
}

func (c *Config) stepsKey() spec.Key {
	s := &c.Steps
	const both = "both rates and each, such as {rates: [1k/s, 2k/s, 5k/s], each: 10s}"
	return spec.Key{
		Name: "steps", Also: "step staircase levels", Example: "# {rates: [1k/s, 2k/s, 5k/s], each: 2s, shuffle: true}",
		Conflicts: []spec.Conflict{c.withClosed(), c.withPace(), c.withGuidePush()},
		Value: spec.Section(
			spec.Key{Name: "rates", Also: "rate to levels", Value: spec.List(&s.Rates, spec.Rate), Required: both, Doc: "The rates in turn."},
			spec.Key{Name: "each", Also: "for over hold duration time", Value: spec.One(&s.Each, spec.Duration(time.Millisecond)), Required: both, Doc: "Duration of each rate."},
			spec.Key{Name: "shuffle", Also: "shuffled random order", Value: spec.One(&s.Shuffle, spec.Bool), Default: "false", Doc: "Run the rates in an order that load.seed selects, the same in each repetition, so that what builds up over time is not taken for an effect of the rate. Default false."},
		),
		Doc: "Constant rates one after another, open loop only, instead of rate and stages. Their total is the steady phase, so phases.steady is omitted; the warm-up has the first rate.",
	}
}

// ExpandSteps sets the rate and the stages to the steps, if there are any.
func (c *Config) ExpandSteps() {
	if len(c.Steps.Rates) == 0 {
		return
	}
	rates := slices.Clone(c.Steps.Rates)
	if c.Steps.Shuffle {
		rand.New(rand.NewPCG(uint64(c.Seed), 0)).Shuffle(len(rates), func(i, j int) { rates[i], rates[j] = rates[j], rates[i] })
	}
	c.Rate, c.Stages = rates[0], nil
	for _, rate := range rates {
		c.Stages = append(c.Stages, Stage{Over: c.Steps.Each, To: rate, Step: true})
	}
}
