// Package regression decides whether a server got slower, from two targets run in pairs (a gate) or
// from two stored results. It derives samples from results, judges them with package stats, and
// returns a Comparison. It does no I/O.
package regression

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/report/result"
)

// A Metric is a metric that can regress.
type Metric struct {
	// Name identifies the metric in flags, tables and JSON.
	Name string
	Unit string // ns or msg/s
	// Value returns the metric of a repetition; NaN if unknown.
	Value func(*result.Repetition) float64
	// MoreIsWorse is true for times and costs, false for throughput.
	MoreIsWorse bool
	// optional reports that the metric is judged only on request.
	optional bool
	// closedLoopOnly reports that the metric is meaningful in a closed loop only, because the
	// schedule of an open loop determines it.
	closedLoopOnly bool
	// time reports that it is a time, possibly of gaps.
	time bool
}

// Metrics lists all metrics. In the short runs of a gate, p90 and p99 depend on a few messages, so
// identical targets seldom pass; they need longer runs.
var Metrics = []Metric{
	{Name: "p50", Unit: "ns", Value: percentile(50), MoreIsWorse: true, time: true},
	{Name: "p90", Unit: "ns", Value: percentile(90), MoreIsWorse: true, optional: true, time: true},
	{Name: "p99", Unit: "ns", Value: percentile(99), MoreIsWorse: true, optional: true, time: true},
	{Name: "server_cpu", Unit: "ns", Value: func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }, MoreIsWorse: true},
	{Name: "throughput", Unit: "msg/s", Value: (*result.Repetition).Throughput, closedLoopOnly: true},
}

func percentile(p float64) func(*result.Repetition) float64 {
	return func(r *result.Repetition) float64 { return r.Time(p) }
}

// MetricsNamed returns the named metrics, or the default ones for no names.
func MetricsNamed(names []string) ([]Metric, error) {
	var out []Metric
	if len(names) == 0 {
		for _, m := range Metrics {
			if !m.optional {
				out = append(out, m)
			}
		}
		return out, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(Metrics, func(m Metric) bool { return m.Name == name })
		if i < 0 {
			all := make([]string, len(Metrics))
			for k, m := range Metrics {
				all[k] = m.Name
			}
			return nil, fmt.Errorf("unknown metric %q; expected one of %s", name, strings.Join(all, ", "))
		}
		out = append(out, Metrics[i])
	}
	return out, nil
}

// inCell returns the metric under its name in a cell: gap_p50 for times that are gaps between
// arrivals rather than latencies.
func (m Metric) inCell(c result.Config) Metric {
	const gap = result.TimesGap + "_"
	if m.time && c.Times == result.TimesGap && !strings.HasPrefix(m.Name, gap) {
		m.Name = gap + m.Name
	}
	return m
}

// appliesTo reports whether the metric is meaningful for a cell.
func (m Metric) appliesTo(c result.Config) bool { return !m.closedLoopOnly || c.Model == "closed" }
