// Package capacity searches for the highest load under which a server meets an objective. The search is
// a pure function: from the steps so far it computes the next one, and at any time the answer with its
// interval. The caller runs the steps. The package also reads steps and curves from results.
package capacity

import (
	"math"
	"strconv"
)

// An Outcome is how a step ended.
type Outcome string

// The outcomes.
const (
	Met    Outcome = "met"
	Missed Outcome = "missed"
	// Limited says that the generator or its machine was at its limit, so nothing is known about the
	// server.
	Limited Outcome = "limited"
	// Unusable says that the step has no usable measurement for another reason.
	Unusable Outcome = "unusable"
)

// A Step is one run under a load.
type Step struct {
	At      float64
	Outcome Outcome
	// Shares are the messages over each limit of the objective that bounds a share of them, the same limits in each
	// step. They are empty if the objective has none.
	Shares []Share
}

// A Plan is the plan of a search. It is fixed before the first step.
type Plan struct {
	// Start is the load of the first step. Loads are at least Least and at most Most, all above 0.
	Start, Least, Most float64
	// Whole restricts loads to integers.
	Whole bool
	// Precision is the half-width of the interval, as a share of the capacity, at which the search
	// ends.
	Precision float64
	// Steps is the maximum number of steps.
	Steps int
	// Seed determines the order of the steps.
	Seed uint64
}

// Limits of a search.
const (
	// fewest is the smallest number of steps with an outcome that a search ends with, beside those that
	// only looked for the range.
	fewest = 16
	// confirmations is the number of equal outcomes at the end of the range, or at the limit of the
	// generator, that end a search.
	confirmations = 2
	// futile is the number of steps without a usable measurement, and no others, that ends a search.
	futile = 3
	// near is the ratio of loads that count as the same.
	near = 1.1
)

// Next returns the load of the next step; false when the search has ended. Steps may be repeated. As long
// as the objective is met at all loads or missed at all loads, the next one is twice or half of the last.
// Then it is a quantile of the posterior of the capacity, in shuffled order so that neither warming up nor
// a slow drift of the machine looks like an effect of the load; every few steps it is one that completes
// the curve or tests whether the response is monotone.
func (p Plan) Next(steps []Step) (at float64, more bool) {
	f := p.read(steps)
	if f.ended() {
		return 0, false
	}
	if x, ok := f.bracket(); ok {
		return p.allowed(x), true
	}
	return p.allowed(f.refine()), true
}

// allowed returns the load nearest to x that the plan allows, with three significant digits, so that loads
// are readable and repeated.
func (p Plan) allowed(x float64) float64 {
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if p.Whole {
		x = math.Round(x)
	}
	return min(max(x, p.Least), p.Most)
}

// Findings are the conclusions from the steps of a search.
type findings struct {
	Plan
	steps                  []Step
	met, missed            bool // at any load
	highestMet, lowestMiss float64
	// ceiling is the lowest load that the generator cannot generate or measure; +Inf if none is known.
	ceiling float64
	// after is the number of steps with an outcome since the range of the capacity is known. posterior
	// and interval are of the capacity; they are set with such a range only.
	after     int
	posterior posterior
	interval  Interval
}

func (p Plan) read(steps []Step) *findings {
	f := &findings{Plan: p, steps: steps, lowestMiss: math.Inf(1), ceiling: ceiling(steps)}
	for _, s := range steps {
		if f.met && f.missed && (s.Outcome == Met || s.Outcome == Missed) {
			f.after++
		}
		switch s.Outcome {
		case Met:
			f.met, f.highestMet = true, max(f.highestMet, s.At)
		case Missed:
			f.missed, f.lowestMiss = true, min(f.lowestMiss, s.At)
		}
	}
	if f.met && f.missed {
		f.posterior = newPosteriorOf(steps)
		f.interval = f.posterior.interval()
	}
	return f
}

// ended reports whether the search has ended.
func (f *findings) ended() bool {
	switch {
	case len(f.steps) >= f.Steps:
		return true
	case !f.met && !f.missed:
		return f.ceiling <= f.Least || len(f.steps) >= futile && count(f.steps, Unusable) == len(f.steps)
	case !f.met:
		return f.repeated(Missed, f.Least)
	case !f.missed && math.IsInf(f.ceiling, 1):
		return f.repeated(Met, f.Most)
	case !f.missed:
		return f.ceiling <= near*near*f.highestMet && f.repeated(Met, f.highestMet)
	}
	return f.precise() || f.obstructed()
}

// obstructed reports whether the capacity may be above the limit of the generator, and most steps since the
// range is known were beyond that limit.
func (f *findings) obstructed() bool {
	limited := count(f.steps, Limited)
	return f.mayExceed() && limited >= fewest/2 && limited > f.after
}

// mayExceed reports whether the capacity may be above the limit of the generator.
func (f *findings) mayExceed() bool { return f.posterior.above(f.ceiling) > (1-Confidence)/2 }

// precise reports whether the interval is narrow enough.
func (f *findings) precise() bool {
	in := f.interval
	return f.after >= fewest && (in.High-in.Low <= 2*f.Precision*in.At || f.Whole && in.High-in.Low <= 1)
}

// repeated reports whether enough steps at x had that outcome.
func (f *findings) repeated(o Outcome, x float64) bool {
	return count(around(f.steps, x), o) >= confirmations
}

// ceiling returns the lowest load at which the generator was repeatedly at its limit, unless steps at
// this load or a higher one were measured as often; +Inf if there is none.
func ceiling(steps []Step) float64 {
	lowest := math.Inf(1)
	for _, s := range steps {
		if s.Outcome != Limited || s.At >= lowest {
			continue
		}
		measured := 0
		for _, other := range steps {
			if other.At >= s.At/near && (other.Outcome == Met || other.Outcome == Missed) {
				measured++
			}
		}
		if n := count(around(steps, s.At), Limited); n >= confirmations && n > measured {
			lowest = s.At
		}
	}
	return lowest
}

// around returns the steps near x.
func around(steps []Step, x float64) (out []Step) {
	for _, s := range steps {
		if s.At <= x*near && s.At >= x/near {
			out = append(out, s)
		}
	}
	return out
}

func count(steps []Step, o Outcome) (n int) {
	for _, s := range steps {
		if s.Outcome == o {
			n++
		}
	}
	return n
}
