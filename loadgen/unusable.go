package loadgen

import (
	"fmt"

	"rtbench/report/result"
)

// metricOf names the metric by which the validity of a threshold's figure is judged, empty if
// the figure is always usable.
func metricOf(figure string, percentile float64) string {
	switch figure {
	case "p", "service":
		return result.TimeMetric(percentile)
	case result.MaxMetric, result.MeanMetric, result.ThroughputMetric, result.FailedRateMetric:
		return figure
	}
	return ""
}

// whyUnusable returns what says why a figure of a repetition cannot be used and whether its value
// is an upper bound. Of one that is INVALID the verdict says all.
func whyUnusable(r *result.Repetition) func(figure string, percentile float64) (why string, atMost bool) {
	return func(figure string, percentile float64) (string, bool) {
		metric := metricOf(figure, percentile)
		if metric == "" || r.Validity.Verdict == result.Invalid || r.Usable(metric) {
			return "", false
		}
		return r.WhyUnusable(metric), r.IsUpperBound(metric)
	}
}

// whyUnusableInCell is unusable of a cell. A percentile is of the repetitions in which it can be
// used, other figures are of all.
func whyUnusableInCell(c *result.Cell) func(figure string, percentile float64) (why string, atMost bool) {
	return func(figure string, percentile float64) (string, bool) {
		metric, why, usable := metricOf(figure, percentile), "", false
		for _, r := range c.Repetitions {
			switch {
			case metric == "" || r.Validity.Verdict == result.Invalid:
			case r.Usable(metric):
				usable = true
			default:
				why = fmt.Sprintf("in repetition %d of the baseline: %s", r.Index+1, r.WhyUnusable(metric))
			}
		}
		if figure == "p" && usable {
			why = ""
		}
		return why, false
	}
}
