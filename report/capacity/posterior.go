package capacity

import "math"

// Confidence is the probability of an Interval.
const Confidence = 0.95

// An Interval is an estimate with the bounds between which the value lies with probability Confidence.
type Interval struct{ At, Low, High float64 }

// A posterior is the distribution of the capacity given the steps, on a grid of logarithms of the load.
//
// The model is that of psychometrics: a step at load x meets the objective with probability
//
//	γ + (1−γ−λ) / (1 + exp((ln x − μ)/σ))
//
// so exp(μ) is the load at which half of the undisturbed steps meet it, σ the width of the transition, λ
// the share of steps that a disturbance spoils, and γ that of steps that meet it by chance. μ has a
// uniform prior, ln σ too, and σ and λ are integrated out. Steps are chosen by the posterior, which does
// not bias it. See Kontsevich and Tyler, "Bayesian adaptive estimation of psychometric slope and
// threshold", Vision Research 39 (1999); for λ Wichmann and Hill, "The psychometric function: I",
// Perception & Psychophysics 63 (2001).
type posterior struct {
	from, step float64   // the logarithm of the first point, and the distance between points
	cumulative []float64 // of the points' probabilities; the last is 1
}

const points = 128

var (
	widths = []float64{0.002, 0.005, 0.012, 0.03, 0.06, 0.12, 0.24, 0.48}
	lapses = [...]struct{ share, prior float64 }{{0.005, 0.4}, {0.03, 0.3}, {0.1, 0.2}, {0.3, 0.1}}
)

const lucky = 0.01 // γ

// newPosteriorOf returns the distribution of the capacity given steps of which one met the objective and
// one missed it. It is computed twice: over all loads that are possible, and then with a finer grid over
// those that are likely.
func newPosteriorOf(steps []Step) posterior {
	var trials []trial
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range steps {
		if s.Outcome == Met || s.Outcome == Missed {
			t := trial{math.Log(s.At), s.Outcome == Met}
			low, high, trials = min(low, t.at), max(high, t.at), append(trials, t)
		}
	}
	const rest = 1e-4
	all := newPosterior(trials, low-math.Ln2, high+math.Ln2)
	return newPosterior(trials, math.Log(all.quantile(rest))-all.step, math.Log(all.quantile(1-rest))+all.step)
}

func newPosterior(trials []trial, from, to float64) posterior {
	out := posterior{from: from, step: (to - from) / (points - 1), cumulative: make([]float64, points)}
	var sum float64
	for i := range out.cumulative {
		mu := from + float64(i)*out.step
		for _, width := range widths {
			sum += likelihood(trials, mu, width)
		}
		out.cumulative[i] = sum
	}
	for i := range out.cumulative {
		out.cumulative[i] /= sum
	}
	return out
}

// A trial is a step with the logarithm of its load.
type trial struct {
	at  float64
	met bool
}

// likelihood returns the probability of the trials, integrated over λ.
func likelihood(trials []trial, mu, width float64) (sum float64) {
	var of [len(lapses)]float64
	for k, l := range lapses {
		of[k] = l.prior
	}
	for _, t := range trials {
		below := logistic((mu - t.at) / width)
		for k, l := range lapses {
			met := lucky + (1-lucky-l.share)*below
			if !t.met {
				met = 1 - met
			}
			of[k] *= met
		}
	}
	for _, v := range of {
		sum += v
	}
	return sum
}

// logistic returns 1 / (1 + exp(−z)).
func logistic(z float64) float64 {
	switch {
	case z > 20:
		return 1
	case z < -20:
		return 0
	}
	return 1 / (1 + math.Exp(-z))
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
