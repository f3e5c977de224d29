package stats

import "math"

// A Delay is a sampled distribution of one part of a measured time, such as the time that
// a message waited in the kernel before the client read it.
type Delay struct {
	N        int                     // sample size
	Quantile func(q float64) float64 // q from 0 to 1
}

// excess returns a bound of the probability of a delay above the sample's quantile
// 1-share, at about 95 %: the normal approximation of a binomial proportion plus the rule
// of three, which alone covers delays longer than any sampled one.
func (d Delay) excess(share float64) float64 {
	n := float64(d.N)
	return share + 1.645*math.Sqrt(share*(1-share)/n) + 3/n
}

// delayShares are the tails at which DelayedQuantile evaluates its bound.
var delayShares = []float64{0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2}

// DelayedQuantile returns a lower bound of quantile q of X−D₁−D₂−…, where quantile is that
// of X and delays are samples of the Dᵢ, whatever the dependence between them. It is not
// negative.
//
// For any tᵢ, X−ΣDᵢ ≤ x implies X ≤ x+Σtᵢ or Dᵢ > tᵢ for some i. So
// P(X−ΣDᵢ ≤ x) ≤ P(X ≤ x+Σtᵢ) + ΣP(Dᵢ > tᵢ), and quantile q of the difference is at least
// quantile q−ΣP(Dᵢ > tᵢ) of X minus Σtᵢ (the union bound). It is evaluated at equal tails of
// all delays. Delays without samples bound nothing: the result is 0.
func DelayedQuantile(q float64, quantile func(q float64) float64, delays ...Delay) float64 {
	best := 0.0
	for _, share := range delayShares {
		left, shift := q, 0.0
		for _, d := range delays {
			if d.N == 0 {
				return 0
			}
			left -= d.excess(share)
			shift += d.Quantile(1 - share)
		}
		if left > 0 {
			best = max(best, quantile(left)-shift)
		}
	}
	return best
}
