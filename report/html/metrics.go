package html

import (
	"math"

	"rtbench/report"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// confidence is the requested confidence of every interval.
const confidence = 0.95

// A metric is a value of a repetition.
type metric struct {
	id, name string
	value    func(*result.Repetition) float64 // NaN if unknown
	format   func(float64) string
	higher   bool // higher is better
	// percentile is the percentile of a time metric, otherwise 0.
	percentile float64
}

// Metrics used in sentences.
var (
	rateMetric      = metric{id: "rate", name: "messages/s", value: (*result.Repetition).Throughput, format: result.Count, higher: true}
	serverCPUMetric = metric{id: "server-cpu", name: "server CPU per message", value: serverCPU, format: result.Duration}
)

var metrics = []metric{
	{id: "p50", name: "p50", value: percentile(50), format: result.Duration, percentile: 50},
	{id: "p99", name: "p99", value: percentile(99), format: result.Duration, percentile: 99},
	rateMetric,
	serverCPUMetric,
	{id: "client-cpu", name: "client CPU per message", value: clientCPU, format: result.Duration},
	{id: "wire", name: "wire bytes per message", value: (*result.Repetition).WireBytesPerMessage, format: result.Count},
}

func serverCPU(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }

func clientCPU(r *result.Repetition) float64 { return r.CPUPerMessage(r.Client) }

func percentile(p float64) func(*result.Repetition) float64 {
	return func(r *result.Repetition) float64 { return r.Time(p) }
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// imposed reports whether the load or the server determines the metric, so that no protocol can be
// ahead in it.
func (f metric) imposed(c result.Config) bool {
	switch {
	case f.id == "rate":
		return c.Model == "open" || c.Model == result.ServerPaced
	case f.percentile > 0:
		return c.Times == result.TimesGap
	}
	return false
}

// label returns the name of the metric in a group, qualified if times are gaps.
func (f metric) label(c result.Config) string {
	if f.percentile > 0 {
		return report.TimeMetricName(c, f.name)
	}
	return f.name
}

// An estimate is a metric of a cell with its interval.
type estimate struct {
	stats.Interval
}

// estimate returns the metric of a cell with its interval: a percentile of the merged histograms,
// or the median over repetitions. For a single repetition, the interval of a percentile comes from
// its messages.
func (f metric) estimate(c *result.Cell) estimate {
	if f.percentile == 0 {
		return estimate{stats.MedianInterval(c.Values(f.value), confidence)}
	}
	response, _, _ := c.Merged()
	e := estimate{c.Interval(response, f.percentile, confidence)}
	if e.N == 1 && len(c.Repetitions) == 1 {
		if low, high, bounded := c.Repetitions[0].PercentileInterval(f.percentile, confidence); bounded {
			e.Low, e.High = float64(low), float64(high)
		}
	}
	return e
}

// hasInterval reports whether there is an interval to show.
func (e estimate) hasInterval() bool { return e.N > 1 || e.Low < e.High }
