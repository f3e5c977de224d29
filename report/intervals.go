package report

import (
	"fmt"
	"strconv"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// intervalColumns are the metrics shown with confidence intervals.
var intervalColumns = []struct {
	name   string
	value  func(*result.Repetition) float64
	format func(float64) string
	time   float64 // percentile of a time metric, otherwise 0
}{
	{"p50", repetitionPercentile(50), result.Duration, 50},
	{"p99", repetitionPercentile(99), result.Duration, 99},
	{"msg/s", (*result.Repetition).Throughput, result.Count, 0},
	{"server CPU/msg", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }, result.Duration, 0},
	{"client CPU/msg", func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }, result.Duration, 0},
}

// repetitionPercentile returns a percentile of single repetitions. Those with a clustered tail are
// kept, because dropping them would favour calm ones.
func repetitionPercentile(q float64) func(*result.Repetition) float64 {
	return func(r *result.Repetition) float64 { return r.Time(q) }
}

// intervals returns the row of a cell: the median of each metric over the repetitions that are not
// invalid, its interval, and the number of repetitions if some lack the metric.
func intervals(c *result.Cell) []string {
	usable := len(c.Values(func(*result.Repetition) float64 { return 0 }))
	response, _, _ := c.Merged()
	cells := []string{c.Config.Protocol}
	for _, col := range intervalColumns {
		in := stats.MedianInterval(c.Values(col.value), confidence)
		if col.time > 0 {
			in = c.Interval(response, col.time, confidence)
		}
		text := col.format(in.Median)
		if in.N > 1 {
			text += fmt.Sprintf(" [%s, %s]", col.format(in.Low), col.format(in.High))
		}
		if in.N > 0 && in.N < usable {
			text += fmt.Sprintf(" of %d", in.N)
		}
		cells = append(cells, text)
	}
	covered := result.Unknown
	if usable > 1 {
		covered = fmt.Sprintf("%.1f %%", 100*stats.MedianInterval(make([]float64, usable), confidence).Confidence)
	}
	return append(cells, strconv.Itoa(usable), covered)
}

// percentileIntervals returns the row of a cell with one repetition: percentiles with the interval
// from its messages.
func percentileIntervals(r *result.Repetition, protocol string) []string {
	cells := []string{protocol}
	for _, p := range withinPercentiles {
		low, high, bounded := r.PercentileInterval(p, confidence)
		at, ok := r.Percentile(p)
		text := result.Unknown
		if ok && bounded && r.UsableTime(p) {
			text = fmt.Sprintf("%s [%s, %s]", result.Duration(float64(at)), result.Duration(float64(low)), result.Duration(float64(high)))
		}
		cells = append(cells, text)
	}
	return append(cells, strconv.FormatInt(r.Independent(99), 10), fmt.Sprintf("%.2f", r.Series.Correlation))
}

var withinPercentiles = []float64{50, 90, 99, 99.9}

// confidence is the requested confidence of every interval.
const confidence = 0.95
