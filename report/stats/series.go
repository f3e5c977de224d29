package stats

// Lag1 is the first-order autocorrelation of a series: how much a value's
// distance from the mean says about the next one's, −1 to 1. Independent values
// have −1/n on average, and are beyond ±2.58/√n one time in a hundred. 0 for
// fewer than 3 values and for values that are all the same. xs must be finite.
//
// Source: Box, Jenkins and Reinsel, Time Series Analysis, section 2.1.5; the
// bound, Bartlett 1946.
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
