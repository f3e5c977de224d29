package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

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

// BlockBootstrap is an interval for any statistic of a series whose values depend
// on their neighbours: it draws resamples series, each of blocks of that many
// neighbouring values laid end to end, and takes the range of the statistic
// between their (1−confidence)/2 tails (the percentile interval). Median holds
// the statistic of xs itself. A block must be longer than the dependence reaches
// and several times shorter than the series (n^⅓ is a start); it is held between
// 1 and n.
//
// Unlike elsewhere, Confidence is what was asked for and holds in the limit of
// long series only. Warning is set if there are too few resamples for it (20
// for 90 %, 39 for 95 %, and some hundreds for a steady interval), where the
// series has fewer than five blocks, and if the statistic was NaN.
//
// statistic may reorder the slice that it is given, but not keep it. The result
// is the same for the same rng. xs is not modified.
//
// Source: Künsch 1989; Efron and Tibshirani, An Introduction to the Bootstrap,
// section 8.6 and chapter 13.
func BlockBootstrap(xs []float64, block int, resamples int, statistic func([]float64) float64,
	confidence float64, rng *rand.Rand,
) Interval {
	n := len(xs)
	if n == 0 {
		return emptyInterval()
	}
	block = max(1, min(block, n))
	values := make([]float64, 0, resamples)
	drawn := make([]float64, 0, n+block)
	for range resamples {
		for drawn = drawn[:0]; len(drawn) < n; {
			at := rng.IntN(n - block + 1)
			drawn = append(drawn, xs[at:at+block]...)
		}
		if v := statistic(drawn[:n]); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return percentiles(statistic(append([]float64(nil), xs...)), values, confidence, n, block, resamples)
}

func percentiles(estimate float64, values []float64, confidence float64, n, block, resamples int) Interval {
	in := Interval{Low: math.NaN(), Median: estimate, High: math.NaN(), Confidence: confidence, N: n}
	if len(values) == 0 {
		in.Confidence, in.Warning = 0, errors.New("no resample has the statistic")
		return in
	}
	sort.Float64s(values)
	k := int(float64(len(values)+1)*(1-confidence)/2 + 1e-9)
	switch {
	case k < 1:
		k = 1
		in.Confidence = max(0, 1-2/float64(len(values)+1))
		in.Warning = fmt.Errorf("%d resamples give an interval of %.4g %% at most", len(values), 100*in.Confidence)
	case len(values) < resamples:
		in.Warning = fmt.Errorf("%d of %d resamples do not have the statistic", resamples-len(values), resamples)
	case n < 5*block:
		in.Warning = fmt.Errorf("%d values are fewer than five blocks of %d", n, block)
	}
	k = min(k, (len(values)+1)/2)
	in.Low, in.High = values[k-1], values[len(values)-k]
	return in
}
