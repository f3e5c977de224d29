package scenarios_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const stepsHead = "{name: x, protocols: tcp, pattern: echo, load: {"

// Steps jump from rate to rate; the warm-up has the first.
func TestSteps(t *testing.T) {
	t.Parallel()
	s := parse(t, stepsHead+"steps: {rates: [1k/s, 5k/s, 2k/s], each: 2s}}}")
	c := s.Cells()[0]
	if n, _ := c.SteadyMessages(); c.Rate != 1000 || c.Steady != 6*time.Second || n != 16_000 || c.PeakRate() != 5000 {
		t.Errorf("%+v: %v messages", c, n)
	}
	orders := map[string]bool{}
	for seed := range 20 {
		text := fmt.Sprintf("%sseed: %d, steps: {rates: [1k/s, 2k/s, 3k/s, 4k/s], each: 1s, shuffle: true}}}", stepsHead, seed)
		var rates []float64
		for _, st := range parse(t, text).Cells()[0].Stages {
			rates = append(rates, st.To)
		}
		orders[fmt.Sprint(rates)] = true
		if c := parse(t, text).Cells()[0]; c.Rate != rates[0] || c.Stages[3].To != rates[3] {
			t.Errorf("seed %d: %v, and again %v", seed, rates, c.Stages)
		}
		if slices.Sort(rates); !slices.Equal(rates, []float64{1000, 2000, 3000, 4000}) {
			t.Errorf("seed %d: %v", seed, rates)
		}
	}
	if len(orders) < 5 {
		t.Errorf("20 seeds give %d orders", len(orders))
	}
}

func TestBrokenSteps(t *testing.T) {
	t.Parallel()
	checkErrors(t, stepsHead, "}}", map[string]string{
		"rate: 1k/s, steps: {rates: [1k/s, 2k/s], each: 2s}":               "load.rate with load.steps; expected one of them",
		"stages: [{over: 1s, to: 1k/s}], steps: {rates: [1k/s], each: 2s}": "load.stages with load.steps; expected one of them",
		"steps: {rates: [1k/s, 2k/s]}":                                     "load.steps.each is missing; expected both rates and each, such as {rates: [1k/s, 2k/s, 5k/s], each: 10s}",
		"steps: {rates: [0/s], each: 1s}":                                  "load.steps: all rates are 0/s",
		"steps: {rates: [1k/s, 2k/s], each: 20h}":                          "load.steps: total 40h0m0s; expected at most 24h",
		"model: closed, steps: {rates: [1k/s, 2k/s], each: 2s}":            "load.steps in a closed loop",
		"steps: {rates: [1k/s, 2k/s], each: 2s}}, phases: {steady: 5s":     "phases.steady: found 5s, and the steps take 4s; expected no steady, because the steps fill it",
		"steps: {rates: [1k/s, 2k/s], each: 2s, shufle: true}":             `did you mean "shuffle"?`,
		"wave: sine(50%/3s), steps: {rates: [1k/s, 2k/s], each: 2s}":       "not a whole number of periods",
	})
}
