// Package regression says whether a server got slower: of two targets that were
// run in pairs (a gate), or of two stored results (a comparison). It turns
// results into samples, asks stats for the evidence, and puts the answer into one
// Comparison. It is pure: it runs, reads and prints nothing.
package regression

import (
	"fmt"
	"slices"
	"strings"

	"rtbench/report/result"
)

// A Metric is a way to be slower.
type Metric struct {
	// Name is its word in flags, tables and JSON.
	Name string
	Unit string // ns or msg/s
	// Value is the figure of a repetition, NaN where it is not known.
	Value func(*result.Repetition) float64
	// MoreIsWorse is true for times and costs, false for throughput.
	MoreIsWorse bool
	// optional says that it is judged only where it is asked for.
	optional bool
	// closedLoopOnly says that it tells something in closed loop only: in open loop the plan
	// sets it.
	closedLoopOnly bool
	// time says that it is of the times, which may be gaps.
	time bool
}

// Metrics lists every figure. p90 and p99 of the short runs of a gate hang on a
// few messages, so that equals seldom pass by them: they are for runs that are
// long enough.
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

// MetricsNamed finds figures by their names; for none it returns those that are
// judged unless asked otherwise. The error names the unknown one and what there is.
func MetricsNamed(names []string) ([]Metric, error) {
	var out []Metric
	if len(names) == 0 {
		for _, f := range Metrics {
			if !f.optional {
				out = append(out, f)
			}
		}
		return out, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(Metrics, func(f Metric) bool { return f.Name == name })
		if i < 0 {
			all := make([]string, len(Metrics))
			for k, f := range Metrics {
				all[k] = f.Name
			}
			return nil, fmt.Errorf("unknown metric %q; expected one of %s", name, strings.Join(all, ", "))
		}
		out = append(out, Metrics[i])
	}
	return out, nil
}

// inCell is the figure as it is called in a cell: times that are gaps between arrivals say so,
// gap_p50, since they are no latency.
func (f Metric) inCell(c result.Config) Metric {
	const gap = result.TimesGap + "_"
	if f.time && c.Times == result.TimesGap && !strings.HasPrefix(f.Name, gap) {
		f.Name = gap + f.Name
	}
	return f
}

// appliesTo says whether the figure tells something of a cell.
func (f Metric) appliesTo(c result.Config) bool { return !f.closedLoopOnly || c.Model == "closed" }
