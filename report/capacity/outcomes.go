package capacity

import "math"

// Outcomes are a criterion that is met or missed by a step as a whole.
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
type outcomes []trial

// A trial is a step with the logarithm of its load.
type trial struct {
	at  float64
	met bool
}

var (
	widths = [...]float64{0.002, 0.005, 0.012, 0.03, 0.06, 0.12, 0.24, 0.48}
	lapses = [...]struct{ share, prior float64 }{{0.005, 0.4}, {0.03, 0.3}, {0.1, 0.2}, {0.3, 0.1}}
)

const lucky = 0.01 // γ

// logLikelihood implements criterion.
func (o outcomes) logLikelihood(mu float64) float64 {
	var sum logSum
	for _, width := range widths {
		sum.add(o.along(mu, width))
	}
	return sum.value()
}

// along returns the logarithm of the probability of the trials, integrated over λ.
func (o outcomes) along(mu, width float64) float64 {
	const tiny = 1e-100
	scale := 0.0
	var of [len(lapses)]float64
	for k, l := range lapses {
		of[k] = l.prior
	}
	for _, t := range o {
		below := logistic((mu - t.at) / width)
		for k, l := range lapses {
			met := lucky + (1-lucky-l.share)*below
			if !t.met {
				met = 1 - met
			}
			of[k] *= met
		}
		if of[len(of)-1] < tiny { // a thousand contradictory trials must not end at 0
			for k := range of {
				of[k] /= tiny
			}
			scale += math.Log(tiny)
		}
	}
	sum := 0.0
	for _, v := range of {
		sum += v
	}
	return scale + math.Log(sum)
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
