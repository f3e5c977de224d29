// Package regression decides whether a server got slower, from two targets run in pairs (a gate) or
// from two stored results. It derives samples from results, judges them with package stats, and
// returns a Comparison. It does no I/O.
package regression

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// Metrics lists the metrics that can regress. In the short runs of a gate, p90 and p99 depend on a few
// messages, so identical targets seldom pass; they need longer runs.
var Metrics = metric.In(metric.Gate | metric.GateOnRequest)

// MetricsNamed returns the named metrics, or the default ones for no names. A time of answers without a percentile,
// such as ttft, is its median.
func MetricsNamed(names []string) ([]metric.Metric, error) {
	if len(names) == 0 {
		return metric.In(metric.Gate), nil
	}
	var out []metric.Metric
	for _, name := range names {
		if strings.HasPrefix(name, metric.ServerPrefix) {
			m, err := serverMetric(name)
			if err != nil {
				return nil, err
			}
			out = append(out, m)
			continue
		}
		i := slices.IndexFunc(Metrics, func(m metric.Metric) bool { return m.Name == name || m.Name == name+"_p50" })
		if i < 0 {
			return nil, fmt.Errorf("unknown metric %q; expected one of %s, server.NAME:lower or :higher, or %s alone", name, strings.Join(namesOf(Metrics), ", "), Capacity)
		}
		out = append(out, Metrics[i])
	}
	return out, nil
}

// serverMetric returns one of the server's own metrics, as in server.queue_max:lower. Its unit is unknown, and
// without a direction it is Undirected.
func serverMetric(text string) (metric.Metric, error) {
	name, better, directed := strings.Cut(text, ":")
	if directed && better != "lower" && better != "higher" {
		return metric.Metric{}, fmt.Errorf("%s: found the direction %q; expected :lower or :higher, whichever is better", name, better)
	}
	m := metric.OfServer(name, "", better)
	m.Undirected = !directed
	return m, nil
}

// About lists the metrics for help texts.
func About() string {
	all := namesOf(Metrics)
	for i, m := range Metrics {
		if m.Imposed {
			all[i] += " (closed loop)"
		}
	}
	return fmt.Sprintf("%s, server.NAME:lower or server.NAME:higher for the server's own metrics, or %s alone; default %s; p90 and p99 need long runs, ttft_p50 to token_rate need pattern generate", strings.Join(all, ", "), Capacity, strings.Join(namesOf(metric.In(metric.Gate)), ", "))
}

func namesOf(list []metric.Metric) []string {
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.Name
	}
	return names
}

// unit returns the unit of a metric in a Line.
func unit(m metric.Metric) string {
	switch {
	case m.Dimension == quantity.Time:
		return "ns"
	case strings.HasPrefix(m.Name, metric.ServerPrefix):
		return string(m.Dimension)
	}
	return cmp.Or(m.Bench, m.Unit())
}

// namesIn returns the names of the metrics that a cell has.
func namesIn(cells []*result.Cell) (names []string) {
	for _, m := range Metrics {
		if slices.ContainsFunc(cells, func(c *result.Cell) bool { return m.Exists(c.Config) && m.Measures(c.Config) }) {
			names = append(names, m.Name)
		}
	}
	return names
}
