package capacity

import (
	"math"
	"slices"
)

// Confidence is the probability of an Interval.
const Confidence = 0.95

// An Interval is an estimate with the bounds between which the value lies with probability Confidence.
type Interval struct{ At, Low, High float64 }

// A posterior is the distribution of the capacity given the steps, on a grid of logarithms of the load.
type posterior struct {
	from, step float64   // the logarithm of the first point, and the distance between points
	cumulative []float64 // of the points' probabilities
}

const points = 128

// A criterion is a part of the objective, with the steps that say whether a server meets it.
type criterion interface {
	// logLikelihood returns the logarithm of the probability of the steps, but for a constant, if exp(mu) is the
	// highest load at which it is met.
	logLikelihood(mu float64) float64
}

// newPosteriorOf returns the distribution of the capacity given steps of which one met the objective and
// one missed it. It is computed twice: over all loads that are possible, and then with a finer grid over
// those that are likely.
func newPosteriorOf(steps []Step) posterior {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range steps {
		if s.measured() {
			low, high = min(low, math.Log(s.At)), max(high, math.Log(s.At))
		}
	}
	of := criteriaOf(steps)
	all := make([]posterior, len(of))
	for i, c := range of {
		all[i] = newPosterior(c, low-math.Ln2, high+math.Ln2)
	}
	const rest = 1e-4
	coarse := lowestOf(all)
	from, to := math.Log(coarse.quantile(rest))-coarse.step, math.Log(coarse.quantile(1-rest))+coarse.step
	for i, c := range of {
		below, above := 1-all[i].above(math.Exp(from)), all[i].above(math.Exp(to))
		all[i] = newPosterior(c, from, to)
		for k, v := range all[i].cumulative {
			all[i].cumulative[k] = below + (1-below-above)*v
		}
	}
	return lowestOf(all)
}

// newPosterior returns the distribution given the steps of one criterion, with a uniform prior of the logarithm.
func newPosterior(c criterion, from, to float64) posterior {
	out := posterior{from: from, step: (to - from) / (points - 1), cumulative: make([]float64, points)}
	most := math.Inf(-1)
	for i := range out.cumulative {
		out.cumulative[i] = c.logLikelihood(from + float64(i)*out.step)
		most = max(most, out.cumulative[i])
	}
	sum := 0.0
	for i, v := range out.cumulative {
		sum += math.Exp(v - most)
		out.cumulative[i] = sum
	}
	for i := range out.cumulative {
		out.cumulative[i] /= sum
	}
	return out
}

// lowestOf returns the distribution of the lowest of independent values on the same grid: all criteria are met up to
// there.
func lowestOf(all []posterior) posterior {
	out := all[0]
	out.cumulative = slices.Clone(out.cumulative)
	for _, d := range all[1:] {
		for i, c := range d.cumulative {
			out.cumulative[i] = 1 - (1-out.cumulative[i])*(1-c)
		}
	}
	return out
}

// quantile returns the load below which the capacity lies with probability q.
func (d posterior) quantile(q float64) float64 {
	for i, c := range d.cumulative {
		if c < q {
			continue
		}
		before := 0.0
		if i > 0 {
			before = d.cumulative[i-1]
		}
		within := 0.5
		if c > before {
			within = (q - before) / (c - before)
		}
		return math.Exp(d.from + (float64(i)-0.5+within)*d.step)
	}
	return math.Exp(d.from + (points-1)*d.step)
}

// above returns the probability that the capacity is above x.
func (d posterior) above(x float64) float64 {
	switch i := math.Round((math.Log(x) - d.from) / d.step); {
	case i < 0:
		return 1
	case i >= points:
		return 0
	default:
		return 1 - d.cumulative[int(i)]
	}
}

// interval returns the median of the posterior and its central interval.
func (d posterior) interval() Interval {
	const tail = (1 - Confidence) / 2
	return Interval{At: d.quantile(0.5), Low: d.quantile(tail), High: d.quantile(1 - tail)}
}

// A logSum is a sum of numbers that are given by their logarithms. The zero value is empty.
type logSum struct {
	sum, most float64 // the sum is sum·exp(most)
}

func (s *logSum) add(v float64) {
	switch {
	case s.sum == 0:
		s.sum, s.most = 1, v
	case v > s.most:
		s.sum, s.most = s.sum*math.Exp(s.most-v)+1, v
	default:
		s.sum += math.Exp(v - s.most)
	}
}

// value returns the logarithm of the sum.
func (s *logSum) value() float64 { return s.most + math.Log(s.sum) }
