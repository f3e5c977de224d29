package stats

// Lag1 returns the lag-1 autocorrelation of a series, from −1 to 1. For independent values it is
// −1/n on average and outside ±2.58/√n in 1 % of series. It is 0 for fewer than 3 values and if all
// values are equal. xs must be finite.
//
// Source: Box, Jenkins and Reinsel, Time Series Analysis, section 2.1.5; Bartlett 1946 for the
// bound.
func Lag1(xs []float64) float64 {
	if len(xs) < 3 {
		return 0
	}
	mean := 0.0
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	var covariance, variance float64
	for i, x := range xs {
		variance += (x - mean) * (x - mean)
		if i > 0 {
			covariance += (x - mean) * (xs[i-1] - mean)
		}
	}
	if variance == 0 {
		return 0
	}
	return covariance / variance
}
