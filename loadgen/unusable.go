package loadgen

import (
	"fmt"

	"rtbench/report/result"
)

// metricOf returns the name under which the validity of a threshold's metric is judged, or "" if
// the metric is always usable.
func metricOf(name string, percentile float64) string {
	switch name {
	case "p", "service":
		return result.TimeMetric(percentile)
	case result.MaxMetric, result.MeanMetric, result.ThroughputMetric, result.FailedRateMetric:
		return name
	}
	return ""
}

// whyUnusable returns a function that explains why a metric of a repetition is unusable, and
// reports whether its value is an upper bound. For an INVALID repetition the verdict suffices.
func whyUnusable(r *result.Repetition) func(name string, percentile float64) (why string, atMost bool) {
	return func(name string, percentile float64) (string, bool) {
		metric := metricOf(name, percentile)
		if metric == "" || r.Validity.Verdict == result.Invalid || r.Usable(metric) {
			return "", false
		}
		return r.WhyUnusable(metric), r.IsUpperBound(metric)
	}
}

// whyUnusableInCell is whyUnusable for a cell. A percentile comes from the repetitions that can
// be used, any other metric from all.
func whyUnusableInCell(c *result.Cell) func(name string, percentile float64) (why string, atMost bool) {
	return func(name string, percentile float64) (string, bool) {
		metric, why, usable := metricOf(name, percentile), "", false
		for _, r := range c.Repetitions {
			switch {
			case metric == "" || r.Validity.Verdict == result.Invalid:
			case r.Usable(metric):
				usable = true
			default:
				why = fmt.Sprintf("in repetition %d of the baseline: %s", r.Index+1, r.WhyUnusable(metric))
			}
		}
		if name == "p" && usable {
			why = ""
		}
		return why, false
	}
}
