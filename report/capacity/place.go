package capacity

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// bracket returns the next load while no range of the capacity is known; false once it is.
func (f *findings) bracket() (x float64, ok bool) {
	if len(f.steps) == 0 {
		return f.Start, true
	}
	last := f.steps[len(f.steps)-1]
	switch {
	case f.met && f.missed:
		return 0, false
	case last.Outcome == Unusable:
		return last.At, true
	case last.Outcome == Limited && f.ceiling > last.At: // repeat it, since a disturbance may have limited it
		return last.At, true
	case f.met && math.IsInf(f.ceiling, 1):
		return 2 * f.highestMet, true
	case f.met && f.ceiling > near*near*f.highestMet:
		return math.Sqrt(f.highestMet * f.ceiling), true
	case f.met:
		return f.highestMet, true
	}
	return min(f.lowestMiss, f.ceiling) / 2, true
}

// places are the quantiles of the posterior at which steps are run; a 0 stands for a survey.
var places = []float64{0.06, 0.3, 0.5, 0.7, 0.94, 0}

// refine returns the next load once the range of the capacity is known.
func (f *findings) refine() float64 {
	turn, place := len(f.steps)/len(places), len(f.steps)%len(places)
	q := places[rand.New(rand.NewPCG(f.Seed, uint64(turn))).Perm(len(places))[place]]
	if q == 0 {
		return f.survey()
	}
	return min(f.posterior.quantile(q), f.ceiling/near)
}

// survey returns the load that would show most about the response beside the capacity: one that contradicts
// a monotone response and was run too seldom to tell, or else the widest gap between an eighth and
// two and a half times the capacity.
func (f *findings) survey() float64 {
	in := f.interval
	for _, s := range f.steps {
		if odd(s, in) && len(around(f.steps, s.At)) <= confirmations {
			return s.At
		}
	}
	low, high := max(in.At/8, f.Least), min(in.At*2.5, f.Most, f.ceiling/near)
	at := []float64{low, high}
	for _, s := range f.steps {
		if s.At > low && s.At < high {
			at = append(at, s.At)
		}
	}
	slices.Sort(at)
	widest := 0
	for i := range at[1:] {
		if at[i+1]/at[i] > at[widest+1]/at[widest] {
			widest = i
		}
	}
	for _, end := range []float64{high, low} {
		if len(around(f.steps, end)) == 0 {
			return end
		}
	}
	return math.Sqrt(at[widest] * at[widest+1])
}

// odd reports whether a step contradicts a monotone response with that capacity.
func odd(s Step, in Interval) bool {
	return s.Outcome == Missed && s.At < in.Low/near || s.Outcome == Met && s.At > in.High*near
}

// byLoad orders steps.
func byLoad(a, b Step) int { return cmp.Compare(a.At, b.At) }
