// Package stats implements the statistics of reports and gates on plain numbers. Functions cite
// their sources.
package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Median returns the median of xs, or NaN if xs is empty. xs is not modified.
func Median(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	n := len(s)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

// Mean returns the mean of xs, or NaN if xs is empty.
func Mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// An Interval is a confidence interval around a median or a Hodges-Lehmann estimate.
type Interval struct {
	Low, Median, High float64
	// Confidence is the exact coverage. It is at least the requested confidence, or the highest
	// possible if there are too few values.
	Confidence float64
	N          int
	// Warning reports that Confidence is below the requested confidence, and how many values are
	// needed. It is nil otherwise.
	Warning error
}

// MedianInterval returns the order-statistic interval [x(k), x(n+1−k)] for the median of a
// distribution, given independent draws xs. It makes no assumption about the shape of the
// distribution. The coverage is 1 − 2·P(Binomial(n, ½) < k), and k is the largest value for which
// it is at least confidence; if there is none, k is 1 and the interval is the whole range. xs is
// not modified.
//
// Source: David and Nagaraja, Order Statistics, 3rd ed., section 7.1.
func MedianInterval(xs []float64, confidence float64) Interval {
	n := len(xs)
	if n == 0 {
		return emptyInterval()
	}
	k, _, covered := QuantileRanks(n, 0.5, confidence)
	if k == 0 {
		k, covered = 1, 1-math.Exp2(float64(1-n))
	}
	return orderInterval(slices.Sorted(slices.Values(xs)), k, covered, confidence, n)
}

// orderInterval returns [s(k), s(M+1−k)] of M sorted values computed from n, with their median. It
// covers with the given probability; a Warning says if that is below confidence.
func orderInterval(s []float64, k int, covered, confidence float64, n int) Interval {
	in := Interval{Low: s[k-1], Median: Median(s), High: s[len(s)-k], Confidence: covered, N: n}
	in.checkCoverage(confidence, strconv.Itoa(n), fmt.Sprintf("%d or more", ValuesFor(confidence)))
	return in
}

func emptyInterval() Interval {
	nan := math.NaN()
	return Interval{Low: nan, Median: nan, High: nan, Warning: errors.New("no values")}
}

// checkCoverage sets Warning if Confidence is below the requested one.
func (in *Interval) checkCoverage(confidence float64, found, needed string) {
	if in.Confidence < confidence {
		in.Warning = fmt.Errorf("too few values for a %.4g %% interval (found %s, coverage %.4g %%); expected %s",
			100*confidence, found, 100*in.Confidence, needed)
	}
}

// ValuesFor returns the smallest n for which the range of n values covers the median with the given
// confidence, below 1: 1 − 2·(½)^n ≥ confidence. It is 6 for 95 %.
func ValuesFor(confidence float64) int {
	return max(1, int(math.Ceil(1-math.Log2(1-confidence))))
}

// RatioInterval returns the MedianInterval of the ratios a[i]/b[i] of values measured side by side.
// Pairs whose ratio is not positive and finite are left out. The median of an even number of ratios
// is the geometric mean of the middle two.
func RatioInterval(a, b []float64, confidence float64) Interval {
	var logs []float64
	for i := range min(len(a), len(b)) {
		logs = append(logs, math.Log(a[i]/b[i]))
	}
	logs, _ = Finite(logs)
	in := MedianInterval(logs, confidence)
	in.Low, in.Median, in.High = math.Exp(in.Low), math.Exp(in.Median), math.Exp(in.High)
	return in
}
