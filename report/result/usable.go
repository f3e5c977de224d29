package result

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Maximum is the percentile that stands for the slowest message.
const Maximum = 100

// Names of the metrics in Validity.Unusable that are not percentiles.
const (
	MaxMetric        = "max"
	MeanMetric       = "mean"
	ThroughputMetric = "throughput"
	FailedRateMetric = "failed_rate"
)

// timeMetrics are the percentiles of the times that are judged, and the maximum.
var timeMetrics = append(slices.Clone(Percentiles), Maximum)

// MetricName names a percentile of the times: p99, max.
func MetricName(p float64) string {
	if p >= Maximum {
		return MaxMetric
	}
	return "p" + strconv.FormatFloat(p, 'f', -1, 64)
}

// allTimes are the metrics that are unusable if no time can be used.
func allTimes() []string { return timesFrom(0) }

// timesFrom are the metrics of the times from percentile p on, and the mean, which depends on
// the slowest messages.
func timesFrom(p float64) []string {
	var names []string
	for _, q := range timeMetrics {
		if q >= p {
			names = append(names, MetricName(q))
		}
	}
	return append(names, MeanMetric)
}

// unusableMarker begins the end of a reason, which names the metrics that it makes unusable.
const unusableMarker = "; not usable: "

// markUnusable objects to some metrics and leaves the others.
func (v *Validity) markUnusable(metrics []string, format string, args ...any) {
	v.addReason(Suspect, format+unusableMarker+joinMetrics(metrics), args...)
	v.Unusable = add(v.Unusable, metrics)
	v.AtMost = slices.DeleteFunc(v.AtMost, func(m string) bool { return slices.Contains(metrics, m) })
}

// markUpperBound is spoil for values that include the generator's own lateness, so that they are
// upper bounds.
func (v *Validity) markUpperBound(metrics []string, format string, args ...any) {
	before := v.Unusable
	bounds := slices.DeleteFunc(slices.Clone(metrics), func(m string) bool {
		return slices.Contains(before, m) && !slices.Contains(v.AtMost, m)
	})
	v.markUnusable(metrics, format, args...)
	v.AtMost = add(v.AtMost, bounds)
}

func add(to, names []string) []string {
	to = slices.Clone(to)
	for _, name := range names {
		if !slices.Contains(to, name) {
			to = append(to, name)
		}
	}
	return to
}

// joinMetrics is a list of metrics, shortened if it has all times.
func joinMetrics(metrics []string) string {
	all := allTimes()
	if len(metrics) < len(all) || !slices.Equal(metrics[:len(all)], all) {
		return strings.Join(metrics, ", ")
	}
	return strings.Join(append([]string{"all times"}, metrics[len(all):]...), ", ")
}

// UsableTime reports whether percentile p of the times can be used; Maximum asks for the
// slowest message. A percentile between two that are judged is judged as the higher one.
func (r *Repetition) UsableTime(p float64) bool {
	return r.Usable(TimeMetric(p))
}

// TimeMetric names the metric by which percentile p of the times is judged: p itself, or the
// next higher one that is.
func TimeMetric(p float64) string {
	for _, q := range timeMetrics {
		if q >= p {
			return MetricName(q)
		}
	}
	return MaxMetric
}

// Usable reports whether the named metric can be used: one of the times (p50, p90, p99, p99.9,
// p99.99, max, mean), throughput or failed_rate. Other metrics are usable in every repetition
// that is not INVALID. All reports, comparisons and thresholds decide by it.
func (r *Repetition) Usable(metric string) bool {
	return r.Validity.Verdict != Invalid && !slices.Contains(r.Validity.Unusable, metric)
}

// IsUpperBound reports whether the value of an unusable metric is an upper bound, because it
// includes the generator's own lateness.
func (r *Repetition) IsUpperBound(metric string) bool {
	return r.Validity.Verdict != Invalid && slices.Contains(r.Validity.AtMost, metric)
}

// WhyUnusable returns the first reason that makes a metric unusable; empty if it is usable.
func (r *Repetition) WhyUnusable(metric string) string {
	if r.Usable(metric) {
		return ""
	}
	for _, reason := range r.Validity.Reasons {
		text, list, found := strings.Cut(reason, unusableMarker)
		list = strings.Replace(list, "all times", strings.Join(allTimes(), ", "), 1)
		if found && slices.Contains(strings.Split(list, ", "), metric) {
			return text
		}
	}
	return strings.Join(r.Validity.Reasons, "; ")
}

// ifUsable returns a metric's value, or NaN if it is in Validity.Unusable.
func (r *Repetition) ifUsable(metric string, value float64) float64 {
	if slices.Contains(r.Validity.Unusable, metric) {
		return math.NaN()
	}
	return value
}

// Time is percentile p of the response times in nanoseconds, the slowest of them for
// Maximum; NaN if it cannot be used or too few messages were measured.
func (r *Repetition) Time(p float64) float64 {
	if r.Response.Count() == 0 || !r.UsableTime(p) {
		return math.NaN()
	}
	return nsOrNaN(percentile(r.Response, p))
}

// ServiceTime is Time of the service times.
func (r *Repetition) ServiceTime(p float64) float64 {
	if r.Service.Count() == 0 || !r.UsableTime(p) {
		return math.NaN()
	}
	return nsOrNaN(percentile(r.Service, p))
}

func percentile(h Histogram, p float64) (time.Duration, bool) {
	if p >= Maximum {
		return h.Max(), h.Count() > 0
	}
	return h.Percentile(p)
}

func nsOrNaN(d time.Duration, known bool) float64 {
	if !known {
		return math.NaN()
	}
	return float64(d)
}
