package result

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Maximum stands for the maximum in place of a percentile.
const Maximum = 100

// Names of the metrics in Validity.Unusable besides percentiles.
const (
	MaxMetric        = "max"
	MeanMetric       = "mean"
	ThroughputMetric = "throughput"
	FailedRateMetric = "failed_rate"
)

// timeMetrics lists the percentiles that are judged, and the maximum.
var timeMetrics = append(slices.Clone(Percentiles), Maximum)

// MetricName returns the name of a percentile: p99, max.
func MetricName(p float64) string {
	if p >= Maximum {
		return MaxMetric
	}
	return "p" + strconv.FormatFloat(p, 'f', -1, 64)
}

// allTimes lists all time metrics.
func allTimes() []string { return timesFrom(0) }

// timesFrom lists the time metrics from percentile p up, and the mean, which depends on the slowest
// messages.
func timesFrom(p float64) []string {
	var names []string
	for _, q := range timeMetrics {
		if q >= p {
			names = append(names, MetricName(q))
		}
	}
	return append(names, MeanMetric)
}

// exclude notes the metrics that a finding makes unusable. A metric remains an upper bound only if all
// its findings say so.
func (v *Validity) exclude(f Finding) {
	found := func(m string) bool { return slices.Contains(f.Unusable, m) }
	var bounds []string
	for _, m := range f.Unusable {
		if f.AtMost && (!slices.Contains(v.Unusable, m) || slices.Contains(v.AtMost, m)) {
			bounds = append(bounds, m)
		}
	}
	v.Unusable, v.AtMost = Unique(slices.Concat(v.Unusable, f.Unusable)), Unique(slices.Concat(slices.DeleteFunc(v.AtMost, found), bounds))
}

// joinMetrics lists metrics, with "all times" for all time metrics.
func joinMetrics(metrics []string) string {
	all := allTimes()
	if len(metrics) < len(all) || !slices.Equal(metrics[:len(all)], all) {
		return strings.Join(metrics, ", ")
	}
	return strings.Join(append([]string{"all times"}, metrics[len(all):]...), ", ")
}

// UsableTime reports whether percentile p of the times, or the maximum for Maximum, is usable. A
// percentile between two judged ones is judged as the higher one.
func (r *Repetition) UsableTime(p float64) bool {
	return r.Usable(TimeMetric(p))
}

// TimeMetric returns the name of the metric that judges percentile p: p itself or the next higher
// judged one.
func TimeMetric(p float64) string {
	for _, q := range timeMetrics {
		if q >= p {
			return MetricName(q)
		}
	}
	return MaxMetric
}

// Usable reports whether a metric is usable: a time (p50, p90, p99, p99.9, p99.99, max, mean),
// throughput or failed_rate. Other metrics are usable in every repetition that is not discarded. All
// reports, comparisons and thresholds rely on it.
func (r *Repetition) Usable(metric string) bool {
	return !r.Validity.Discarded && !slices.Contains(r.Validity.Unusable, metric)
}

// IsUpperBound reports whether the value of an unusable metric is an upper bound because it
// includes the generator's lateness.
func (r *Repetition) IsUpperBound(metric string) bool {
	return !r.Validity.Discarded && slices.Contains(r.Validity.AtMost, metric)
}

// WhyUnusable returns the first reason that makes a metric unusable; empty if it is usable.
func (r *Repetition) WhyUnusable(metric string) string {
	if r.Usable(metric) {
		return ""
	}
	for _, f := range r.Validity.Findings {
		if slices.Contains(f.Unusable, metric) {
			return f.Reason
		}
	}
	return strings.Join(r.Validity.Reasons(), "; ")
}

// ifUsable returns value, or NaN if the metric is in Validity.Unusable.
func (r *Repetition) ifUsable(metric string, value float64) float64 {
	if slices.Contains(r.Validity.Unusable, metric) {
		return math.NaN()
	}
	return value
}

// Time returns percentile p of the response times, or their maximum for Maximum, in nanoseconds;
// NaN if it is unusable or there are too few messages.
func (r *Repetition) Time(p float64) float64 {
	return r.timeIn(r.Response, p)
}

// ServiceTime is Time for service times.
func (r *Repetition) ServiceTime(p float64) float64 { return r.timeIn(r.Service, p) }

func (r *Repetition) timeIn(h Histogram, p float64) float64 {
	at, known := h.Percentile(p)
	return Nanoseconds(at, known && r.UsableTime(p))
}

// Nanoseconds returns d, or NaN if it is not known.
func Nanoseconds(d time.Duration, known bool) float64 {
	if !known {
		return math.NaN()
	}
	return float64(d)
}
